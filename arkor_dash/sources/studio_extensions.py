"""What only some Studios can do: control of jobs, keeping them in order, their metrics, archive and artifacts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode

from arkor_dash.errors import BadAnswerError, JobNotFoundError, RefusedError
from arkor_dash.protocol.labels import LabelChange
from arkor_dash.protocol.metric_summaries import Summaries, parse_names, parse_summaries
from arkor_dash.sources.http.json_api import job_segment
from arkor_dash.sources.http.streams import HttpDownload, HttpOutput
from arkor_dash.sources.http.stretches import HttpStretches

from .studio_connection import StudioConnection

T = TypeVar("T")


class StudioControl:
    """A JobControl."""

    def __init__(self, connection: StudioConnection) -> None:
        self._studio = connection

    @property
    def can_rerun(self) -> bool:
        return self._studio.kind.is_ours

    def cancel(self, job_id: str) -> None:
        path = f"/api/jobs/{job_segment(job_id)}/cancel"
        timeout_s = self._studio.timeouts.default_s
        request = self._studio.request("POST", path, timeout_s, JobNotFoundError(job_id), b"{}")
        self._studio.api.command(request)

    def rerun(self, name: str, config: Mapping[str, object]) -> str:  # noqa: ARG002 - the trainer names the job
        studio = self._studio
        body = json.dumps({"config": dict(config)}).encode()
        request = studio.request("POST", "/api/train", studio.timeouts.default_s, body=body)
        with HttpOutput(request) as output:  # closing it does not end the run, whose output is kept
            if output.job_id is None:
                raise BadAnswerError(f"{studio.server} did not say which job it has started.")
            return output.job_id


class StudioKeeper:
    """A JobKeeper."""

    def __init__(self, connection: StudioConnection) -> None:
        self._studio = connection

    def change(self, job_id: str, change: LabelChange) -> None:
        self._send("PATCH", job_id, json.dumps(change.as_json()).encode())

    def delete(self, job_id: str) -> None:
        self._send("DELETE", job_id, b"{}")

    def _send(self, method: str, job_id: str, body: bytes) -> None:
        studio, path = self._studio, f"/api/jobs/{job_segment(job_id)}"
        studio.api.command(
            studio.request(method, path, studio.timeouts.default_s, JobNotFoundError(job_id), body)
        )


class StudioSummaries:
    """A MetricSummaries."""

    def __init__(self, connection: StudioConnection) -> None:
        self._studio = connection

    def names(self) -> Sequence[str]:
        return self._read("/api/metrics", parse_names)

    def read(self, names: Sequence[str]) -> Summaries:
        query = urlencode([("name", name) for name in names])
        return self._read(f"/api/metrics/summaries?{query}", parse_summaries)

    def _read(self, path: str, parse: Callable[[object], T]) -> T:
        studio = self._studio
        request = studio.request("GET", path, studio.timeouts.default_s)
        return studio.api.parsed(request, parse)


class StudioArchive:
    """An EventArchive."""

    def __init__(self, connection: StudioConnection) -> None:
        self._studio = connection

    def stretches(self, job_id: str, after: int = 0) -> HttpStretches:
        path = f"/api/jobs/{job_segment(job_id)}/stretches?after={after}"
        studio = self._studio
        request = studio.request("GET", path, studio.timeouts.stream_s, JobNotFoundError(job_id))
        return HttpStretches(studio.api.watching_deprecation(request), after)


class StudioArtifacts:
    """An ArtifactStore."""

    def __init__(self, connection: StudioConnection) -> None:
        self._studio = connection

    def download(self, job_id: str, name: str) -> HttpDownload:
        missing = RefusedError("The Studio no longer has this artifact.")
        # Slashes are quoted, so only a name that consists of dots could lead to another path.
        if not name.strip("."):
            raise missing
        path = f"/api/jobs/{job_segment(job_id)}/artifacts/{quote(name, safe='', errors='replace')}"
        return HttpDownload(self._studio.request("GET", path, self._studio.timeouts.default_s, missing))
