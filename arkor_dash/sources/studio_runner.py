"""Running the project of a Studio."""

from __future__ import annotations

from arkor_dash.errors import BadAnswerError, JobNotFoundError
from arkor_dash.sources.http.json_api import job_segment
from arkor_dash.sources.http.streams import HttpEvents, HttpOutput

from .base import Manifest, ProjectNames, RunInfo
from .studio_connection import StudioConnection


class StudioRunner:
    """A Runner."""

    def __init__(self, connection: StudioConnection) -> None:
        self._studio = connection

    @property
    def names(self) -> ProjectNames:
        return self._studio.kind.names

    @property
    def keeps_runs(self) -> bool:
        return self._studio.kind.is_ours

    def manifest(self) -> Manifest:
        studio = self._studio
        payload = studio.get_json("/api/manifest", studio.timeouts.build_s)
        studio.identify()
        trainer = payload.get("trainer") if isinstance(payload, dict) else False
        match trainer:
            case None:
                return Manifest(None)
            case {"name": str(name), **more}:
                config = more.get("config")
                return Manifest(name, config if isinstance(config, dict) else {})
        raise BadAnswerError(f"{studio.server} sent a manifest of an unexpected form.")

    def rebuilds(self) -> HttpEvents | None:
        studio = self._studio
        if studio.known_kind is None:
            studio.identify_kind()
        if studio.kind.is_ours:
            return None
        # It sends no keep-alive, and nothing for as long as nobody edits the project.
        return HttpEvents(studio.request("GET", "/api/dev/events", None), None)

    def start_run(self) -> HttpOutput:
        # A training may print nothing for hours. If the Studio keeps the output, a read timeout only costs a
        # reconnect. If not, closing the connection would end the run, so there is no timeout.
        read_timeout_s = self._studio.timeouts.stream_s if self.keeps_runs else None
        return HttpOutput(self._studio.request("POST", "/api/train", read_timeout_s, body=b"{}"))

    def current_run(self) -> RunInfo | None:
        studio = self._studio
        if studio.known_kind is None:
            studio.identify_kind()
        if not self.keeps_runs:
            return None
        payload = studio.get_json("/api/train")
        run = payload.get("run") if isinstance(payload, dict) else None
        if run is None:
            return None
        match run:
            case {"jobId": str(job_id), "running": bool(running)}:
                code = run.get("exitCode")
                return RunInfo(job_id, running, code if isinstance(code, int) else None)
        raise BadAnswerError(f"{studio.server} described its run in an unexpected form.")

    def output(self, job_id: str, offset: int = 0) -> HttpOutput:
        path = f"/api/jobs/{job_segment(job_id)}/output?offset={int(offset)}"
        request = self._studio.request("GET", path, self._studio.timeouts.stream_s, JobNotFoundError(job_id))
        return HttpOutput(request, job_id)
