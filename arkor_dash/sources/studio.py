"""Jobs and events from a Studio API: the embedded Studio's, or that of a real `arkor dev`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from arkor_dash.errors import BadAnswerError, JobNotFoundError, RejectedError, SourceError, UnauthorizedError
from arkor_dash.protocol.jobs import Job, JobList
from arkor_dash.settings.secret import Secret, is_token
from arkor_dash.sources.http.json_api import Answers, job_segment
from arkor_dash.sources.http.request import Request
from arkor_dash.sources.http.streams import HttpDownload, HttpEvents, HttpOutput
from arkor_dash.sources.http.timeouts import DEFAULT_TIMEOUTS, ReadTimeouts

from .base import Capabilities, Manifest, ProjectWords, RunInfo
from .studio_kinds import ARKOR_DEV, OURS, StudioKind
from .workspace import Origin, parse_origin

IDENTIFY_TIMEOUT_S = 3.0
"""The longest silence while a Studio is asked what it is: the list of jobs is there already, and waits for it."""
ASK_AGAIN_S = 60.0
"""How long what a Studio says of itself, or will not say, is not asked for again."""

TokenProvider = Callable[[], Secret | None]


def token_file(path: Path) -> TokenProvider:
    """The token that stands in a file now: a Studio writes a new one each time it starts."""

    def read() -> Secret | None:
        try:
            text = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return Secret(text) if is_token(text) else None

    return read


class StudioSource:
    """A Studio API at `base_url`, which has no slash at its end. Every request asks for the token.

    Without a `kind`, the Studio is asked which it is once it is reached, and again after it was out of reach or
    when its token is another. Until then it is taken for an `arkor dev`, the kind of which less is expected.
    """

    def __init__(
        self,
        base_url: str,
        token: Secret | TokenProvider,
        kind: StudioKind | None = None,
        timeouts: ReadTimeouts = DEFAULT_TIMEOUTS,
    ) -> None:
        self._base_url = base_url
        self._token: TokenProvider = (lambda: token) if isinstance(token, Secret) else token
        self._is_told = kind is not None
        self._kind = kind
        self._timeouts = timeouts
        self._host = urlsplit(base_url).netloc
        self._who = f"The Studio at {self._host}"
        self._answers = Answers()
        self._origin: Origin | None = None
        self._is_kind_known = self._is_told
        self._known_token: Secret | None = None
        self._ask_again_at = 0.0

    @property
    def label(self) -> str:
        if self._origin is not None:
            return self._origin.label
        return f"{self._kind.name if self._kind else 'Studio'} · {self._host}"

    @property
    def capabilities(self) -> Capabilities:
        return (self._kind or ARKOR_DEV).capabilities

    @property
    def words(self) -> ProjectWords:
        return (self._kind or ARKOR_DEV).words

    @property
    def notice(self) -> str | None:
        return self._answers.notice

    def access(self) -> object:
        return self._token()

    def jobs(self) -> JobList:
        try:
            listing = self._answers.jobs(self._request("GET", "/api/jobs", self._timeouts.default_s))
        except SourceError:
            # Who answers next may be another Studio, or this one with another project.
            self._forget()
            raise
        self._get_to_know()
        return listing

    def job(self, job_id: str) -> Job:
        path = f"/api/jobs/{job_segment(job_id)}"
        if self.capabilities.has_job_route:
            return self._answers.job(
                self._request("GET", path, self._timeouts.default_s, JobNotFoundError(job_id))
            )
        for job in self.jobs().jobs:
            if job.id == job_id:
                return job
        raise JobNotFoundError(job_id)

    def events(self, job_id: str, last_event_id: str | None = None) -> HttpEvents:
        path = f"/api/jobs/{job_segment(job_id)}/events"
        request = self._request("GET", path, self._timeouts.stream_s, JobNotFoundError(job_id))
        return HttpEvents(self._answers.heeding(request), last_event_id)

    def manifest(self) -> Manifest:
        payload = self._answers.json(self._request("GET", "/api/manifest", self._timeouts.build_s))
        self._get_to_know()
        trainer = payload.get("trainer") if isinstance(payload, dict) else False
        match trainer:
            case None:
                return Manifest(None)
            case {"name": str(name)}:
                return Manifest(name)
        raise BadAnswerError(f"{self._who} sent a manifest of another form.")

    def start_run(self) -> HttpOutput:
        # Training may say nothing for hours. Where output is kept, a long silence costs a reconnect;
        # elsewhere giving the connection up would end the run.
        read_timeout_s = self._timeouts.stream_s if self.capabilities.keeps_runs else None
        return HttpOutput(self._request("POST", "/api/train", read_timeout_s, body=b"{}"))

    def cancel(self, job_id: str) -> None:
        if not self.capabilities.can_cancel:
            raise RejectedError(f"{self._who} can't cancel a job.")
        path = f"/api/jobs/{job_segment(job_id)}/cancel"
        not_found = JobNotFoundError(job_id)
        self._answers.cancelled(self._request("POST", path, self._timeouts.default_s, not_found, b"{}"))

    def artifact(self, job_id: str, name: str) -> HttpDownload:
        missing = RejectedError("The Studio no longer has this artifact.")
        # Quoted, its slashes are no separators, and only a name that is all dots would climb.
        if not self.capabilities.can_download or not name.strip("."):
            raise missing
        path = f"/api/jobs/{job_segment(job_id)}/artifacts/{quote(name, safe='', errors='replace')}"
        return HttpDownload(self._request("GET", path, self._timeouts.default_s, missing))

    def rerun(self, name: str, config: Mapping[str, object]) -> str:  # noqa: ARG002 - the trainer names it
        if not self.capabilities.can_rerun:
            raise RejectedError(f"{self._who} runs its project as that is, with no config from here.")
        body = json.dumps({"config": dict(config)}).encode()
        # The run goes on when this connection is closed, and its output is kept.
        with HttpOutput(self._request("POST", "/api/train", self._timeouts.default_s, body=body)) as started:
            if started.job_id is None:
                raise BadAnswerError(f"{self._who} did not say which job it has started.")
            return started.job_id

    def current_run(self) -> RunInfo | None:
        if self._kind is None:
            self._learn_kind()
        if not self.capabilities.keeps_runs:
            return None
        payload = self._answers.json(self._request("GET", "/api/train", self._timeouts.default_s))
        run = payload.get("run") if isinstance(payload, dict) else None
        if run is None:
            return None
        match run:
            case {"jobId": str(job_id), "running": bool(running)}:
                code = run.get("exitCode")
                return RunInfo(job_id, running, code if isinstance(code, int) else None)
        raise BadAnswerError(f"{self._who} described its run in another form.")

    def output(self, job_id: str, offset: int = 0) -> HttpOutput:
        path = f"/api/jobs/{job_segment(job_id)}/output?offset={int(offset)}"
        request = self._request("GET", path, self._timeouts.stream_s, JobNotFoundError(job_id))
        return HttpOutput(request, job_id)

    def _get_to_know(self) -> None:
        """Learn what this Studio is and whose jobs it has, as far as it says so."""
        now, token = time.monotonic(), self._token()
        if token != self._known_token:
            self._forget()
            self._known_token = token
        if now < self._ask_again_at:
            return
        self._ask_again_at = now + ASK_AGAIN_S
        self._is_kind_known = self._is_kind_known or self._learn_kind()
        self._learn_origin()

    def _forget(self) -> None:
        self._is_kind_known, self._ask_again_at = self._is_told, 0.0

    def _learn_kind(self) -> bool:
        """Ask for the run, which only a Studio of our own kind can tell. Returns: whether that settles it."""
        try:
            payload = self._answers.json(self._request("GET", "/api/train", IDENTIFY_TIMEOUT_S))
        except (BadAnswerError, RejectedError):
            payload = None
        except SourceError:
            return False
        self._kind = OURS if isinstance(payload, dict) and "run" in payload else ARKOR_DEV
        return True

    def _learn_origin(self) -> None:
        """Ask for whose jobs these are."""
        try:
            payload = self._answers.json(self._request("GET", "/api/credentials", IDENTIFY_TIMEOUT_S))
        except (BadAnswerError, RejectedError):
            payload = None
        except SourceError:
            return
        self._origin = parse_origin(payload, self._host)

    def _request(
        self,
        method: str,
        path: str,
        read_timeout_s: float | None,
        not_found: SourceError | None = None,
        body: bytes | None = None,
    ) -> Request:
        token = self._token()
        advice = (self._kind or ARKOR_DEV).token_advice
        if token is None:
            raise UnauthorizedError(f"{self._who} needs a token, and there is none. {advice}")
        headers = {"X-Arkor-Studio-Token": token.reveal(), "Accept-Encoding": "identity"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return Request(
            who=self._who,
            method=method,
            url=f"{self._base_url}{path}",
            headers=headers,
            body=body,
            read_timeout_s=read_timeout_s,
            secret=token.reveal(),
            not_found=not_found,
            unauthorized=advice,
        )
