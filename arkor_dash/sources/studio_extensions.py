"""What only some Studios can do: control of jobs, and artifacts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote

from arkor_dash.errors import BadAnswerError, JobNotFoundError, RefusedError
from arkor_dash.sources.http.json_api import job_segment
from arkor_dash.sources.http.streams import HttpDownload, HttpOutput

from .studio_connection import StudioConnection


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
        self._studio.api.cancel(request)

    def rerun(self, name: str, config: Mapping[str, object]) -> str:  # noqa: ARG002 - the trainer names the job
        studio = self._studio
        body = json.dumps({"config": dict(config)}).encode()
        request = studio.request("POST", "/api/train", studio.timeouts.default_s, body=body)
        with HttpOutput(request) as output:  # closing it does not end the run, whose output is kept
            if output.job_id is None:
                raise BadAnswerError(f"{studio.server} did not say which job it has started.")
            return output.job_id


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
