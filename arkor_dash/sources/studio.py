"""Jobs and events from a Studio API: the embedded Studio's, or that of a real `arkor dev`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

from ..errors import BadAnswerError, JobNotFoundError, MalformedError, SourceError, UnauthorizedError
from ..jobs import Job, JobList, parse_job, parse_jobs
from ..settings import Secret
from .base import PYTHON, TYPESCRIPT, Capabilities, Manifest, ProjectWords, RunInfo
from .failures import not_json
from .http import fetch
from .request import Request
from .streams import HttpEvents, HttpOutput

T = TypeVar("T")

LONGEST_JOB_ID = 512

TokenProvider = Callable[[], Secret | None]


@dataclass(frozen=True, slots=True)
class Silences:
    """The longest silence, in seconds, that is waited out.

    A Studio sends a keep-alive on an event stream every 15 s; `stream_s` is three of them.
    """

    list_s: float = 10.0
    build_s: float = 60.0
    stream_s: float = 45.0


@dataclass(frozen=True, slots=True)
class StudioKind:
    """What sets one Studio apart from another; `name` is for the label, `token_advice` for a wrong token."""

    name: str
    capabilities: Capabilities
    words: ProjectWords
    token_advice: str


EMBEDDED = StudioKind(
    "embedded Studio",
    Capabilities(can_run=True, keeps_runs=True, has_job_route=True),
    PYTHON,
    "Restart the dashboard to start a new Studio.",
)
ARKOR_DEV = StudioKind(
    "arkor dev",
    Capabilities(can_run=True, keeps_runs=False, has_job_route=False),
    TYPESCRIPT,
    "The token is read from ARKOR_STUDIO_TOKEN, else from ~/.arkor/studio-token.",
)


def token_file(path: Path) -> TokenProvider:
    """The token that stands in a file now: a Studio writes a new one each time it starts."""

    def read() -> Secret | None:
        try:
            text = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return Secret(text) if text.isprintable() and text else None

    return read


class StudioSource:
    """A Studio API at `base_url`, which has no slash at its end. Every request asks for the token."""

    def __init__(
        self,
        base_url: str,
        token: Secret | TokenProvider,
        kind: StudioKind = ARKOR_DEV,
        silences: Silences = Silences(),
    ) -> None:
        self._base_url = base_url
        self._token: TokenProvider = (lambda: token) if isinstance(token, Secret) else token
        self._kind = kind
        self._silences = silences
        self._who = f"The Studio at {urlsplit(base_url).netloc}"
        self._latest: tuple[bytes, JobList] | None = None

    @property
    def label(self) -> str:
        return f"{self._kind.name} · {urlsplit(self._base_url).netloc}"

    @property
    def capabilities(self) -> Capabilities:
        return self._kind.capabilities

    @property
    def words(self) -> ProjectWords:
        return self._kind.words

    def jobs(self) -> JobList:
        body = fetch(self._request("GET", "/api/jobs", read_timeout_s=self._silences.list_s))
        latest = self._latest
        if latest is not None and latest[0] == body:
            return latest[1]  # ten thousand jobs are 4 MB, and most polls bring nothing new
        listing = self._parsed(parse_jobs, self._json(body))
        self._latest = (body, listing)
        return listing

    def job(self, job_id: str) -> Job:
        path = _job_path(job_id)
        if not self.capabilities.has_job_route:
            for job in self.jobs().jobs:
                if job.id == job_id:
                    return job
            raise JobNotFoundError(job_id)
        payload = self._json(
            fetch(
                self._request(
                    "GET", path, read_timeout_s=self._silences.list_s, not_found=JobNotFoundError(job_id)
                )
            )
        )
        return self._parsed(parse_job, payload.get("job") if isinstance(payload, dict) else None)

    def events(self, job_id: str, last_event_id: str | None = None) -> HttpEvents:
        path = f"{_job_path(job_id)}/events"
        request = self._request(
            "GET", path, read_timeout_s=self._silences.stream_s, not_found=JobNotFoundError(job_id)
        )
        return HttpEvents(request, last_event_id)

    def manifest(self) -> Manifest:
        payload = self._json(
            fetch(self._request("GET", "/api/manifest", read_timeout_s=self._silences.build_s))
        )
        if not isinstance(payload, dict):
            raise BadAnswerError(f"{self._who} sent a manifest of another form.")
        trainer = payload.get("trainer")
        name = trainer.get("name") if isinstance(trainer, dict) else None
        if trainer is not None and not isinstance(name, str):
            raise BadAnswerError(f"{self._who} sent a manifest of another form.")
        return Manifest(name)

    def start_run(self) -> HttpOutput:
        # Training may say nothing for hours. Where output is kept, a long silence costs a reconnect;
        # elsewhere giving the connection up would end the run.
        silence_s = self._silences.stream_s if self.capabilities.keeps_runs else None
        return HttpOutput(self._request("POST", "/api/train", body=b"{}", read_timeout_s=silence_s))

    def current_run(self) -> RunInfo | None:
        if not self.capabilities.keeps_runs:
            return None
        payload = self._json(fetch(self._request("GET", "/api/train", read_timeout_s=self._silences.list_s)))
        run = payload.get("run") if isinstance(payload, dict) else None
        if run is None:
            return None
        match run:
            case {"jobId": str(job_id), "running": bool(running)}:
                code = run.get("exitCode")
                return RunInfo(job_id, running, code if isinstance(code, int) else None)
        raise BadAnswerError(f"{self._who} described its run in another form.")

    def output(self, job_id: str, offset: int = 0) -> HttpOutput:
        path = f"{_job_path(job_id)}/output?offset={int(offset)}"
        request = self._request(
            "GET", path, read_timeout_s=self._silences.stream_s, not_found=JobNotFoundError(job_id)
        )
        return HttpOutput(request, job_id)

    def _request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        read_timeout_s: float | None,
        not_found: SourceError | None = None,
    ) -> Request:
        token = self._token()
        if token is None:
            raise UnauthorizedError(
                f"{self._who} needs a token, and there is none. {self._kind.token_advice}"
            )
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
            unauthorized=self._kind.token_advice,
        )

    def _json(self, body: bytes) -> object:
        try:
            payload: object = json.loads(body)
        except (ValueError, RecursionError):
            raise not_json(self._who, body) from None
        return payload

    def _parsed(self, parse: Callable[[object], T], payload: object) -> T:
        try:
            return parse(payload)
        except MalformedError as error:
            raise BadAnswerError(f"{self._who} answered in another form: {error}.") from error


def _job_path(job_id: str) -> str:
    """The job's path with the id as one segment, whatever the id holds."""
    try:
        segment = quote(job_id, safe="")
    except UnicodeEncodeError:  # lone surrogates
        raise JobNotFoundError(job_id.encode("utf-8", "replace").decode()) from None
    # Dots stand as they are when quoted, and a server or a proxy would climb by them.
    if segment in {"", ".", ".."} or len(job_id) > LONGEST_JOB_ID:
        raise JobNotFoundError(job_id)
    return f"/api/jobs/{segment}"
