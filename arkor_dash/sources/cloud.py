"""Jobs and events from the Arkor cloud, read directly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Self
from urllib.parse import urlencode, urlsplit

from arkor_dash.errors import JobNotFoundError, SourceError
from arkor_dash.protocol.jobs import Job, JobList
from arkor_dash.sources.http.json_api import ANY_SUCCESS, JsonApi, job_segment
from arkor_dash.sources.http.request import Request
from arkor_dash.sources.http.streams import HttpEvents
from arkor_dash.sources.http.timeouts import DEFAULT_TIMEOUTS, ReadTimeouts

from .cloud_credentials import CloudAccessProvider

CLIENT = "arkor/0.0.3-alpha.1"
"""Sent as the client version, on which the cloud's answers depend. The API of this version is used here."""

NO_PROJECT = (
    "The Arkor cloud has jobs, but no project to run. To start runs here, run `arkor dev` in the project and set "
    "ARKOR_DASH_SOURCE to studio."
)


class CloudSource:
    """A Source that speaks the cloud API, and its own JobControl.

    `access` is called for each request, so that a new login takes effect.
    """

    kind = "cloud"
    can_rerun = True
    streams_cancellation = False
    runner = None
    no_runner_reason = NO_PROJECT
    artifacts = None
    keeper = None
    summaries = None
    archive = None

    def __init__(self, access: CloudAccessProvider, timeouts: ReadTimeouts = DEFAULT_TIMEOUTS) -> None:
        self._access = access
        self._timeouts = timeouts
        self._api = JsonApi()

    @property
    def label(self) -> str:
        try:
            return self._access().origin.label
        except SourceError:
            return "Arkor cloud · not set up"

    @property
    def deprecation_notice(self) -> str | None:
        return self._api.deprecation_notice

    @property
    def control(self) -> Self:
        return self

    def credentials(self) -> object:
        try:
            return self._access()
        except SourceError as error:
            return str(error)

    def jobs(self) -> JobList:
        return self._api.jobs(self._request("/v1/jobs", self._timeouts.default_s))

    def job(self, job_id: str) -> Job:
        path = f"/v1/jobs/{job_segment(job_id)}"
        return self._api.job(self._request(path, self._timeouts.default_s, JobNotFoundError(job_id)))

    def events(self, job_id: str, last_event_id: str | None = None) -> HttpEvents:
        path = f"/v1/jobs/{job_segment(job_id)}/events/stream"
        request = self._request(path, self._timeouts.stream_s, JobNotFoundError(job_id))
        return HttpEvents(self._api.watching_deprecation(request), last_event_id)

    def cancel(self, job_id: str) -> None:
        path = f"/v1/jobs/{job_segment(job_id)}/cancel"
        request = self._request(path, self._timeouts.default_s, JobNotFoundError(job_id))
        self._api.command(replace(request, method="POST"))

    def rerun(self, name: str, config: Mapping[str, object]) -> str:
        body = json.dumps({"name": name, "config": dict(config)}).encode()
        request = self._request("/v1/jobs", self._timeouts.default_s)
        headers = {**request.headers, "Content-Type": "application/json"}
        post = replace(request, method="POST", body=body, headers=headers, success=ANY_SUCCESS)
        return self._api.job(post).id

    def _request(self, path: str, read_timeout_s: float, not_found: SourceError | None = None) -> Request:
        access = self._access()
        query = urlencode({"orgSlug": access.org, "projectSlug": access.project})
        return Request(
            server=f"The Arkor cloud at {urlsplit(access.url).netloc}",
            method="GET",
            url=f"{access.url}{path}?{query}",
            headers={
                "Authorization": f"Bearer {access.token.reveal()}",
                "X-Arkor-Client": CLIENT,
                "Accept-Encoding": "identity",
            },
            read_timeout_s=read_timeout_s,
            secret=access.token.reveal(),
            not_found=not_found,
            unauthorized=access.token_advice,
        )
