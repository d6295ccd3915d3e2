"""What a script says to a Studio that has not started it: it opens a job, gives signs of life, and follows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import requests

from arkor_dash.errors import BadAnswerError, RejectedError, SourceUnavailableError, UnauthorizedError
from arkor_dash.protocol.discovery import running_studios
from arkor_dash.protocol.fields import to_number
from arkor_dash.protocol.run_folder import TOKEN_HASH

from .studio_client import StudioClient, Timeouts

HEARTBEAT_S = 5.0
OPENING = Timeouts(connect_s=2.0, read_s=5.0)
"""A training does not wait longer for its first step."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a run reports to. `folder` is the run's own, None where it lies on another machine."""

    url: str
    job_id: str
    token: str = field(repr=False)
    folder: Path | None = None
    heartbeat_s: float = HEARTBEAT_S


class ScriptClient(StudioClient):
    """Speaks for one job; when its Studio comes back at another address, to that one. Raises as its base."""

    def __init__(self, destination: Destination) -> None:
        super().__init__(destination.url, destination.job_id, destination.token)
        self._path = self._job_url.removeprefix(destination.url.rstrip("/"))
        self._state_dir = destination.folder.parent.parent if destination.folder else None

    def beat(self) -> bool:
        """Give a sign of life; whether the job was asked to end."""
        response = self._request("POST", f"{self._job_url}/heartbeat", b"{}")
        self._checked(response)
        return _fields(response).get("cancelling") is True

    def _request(self, method: str, url: str, body: bytes) -> requests.Response:
        try:
            response = super()._request(method, url, body)
        except SourceUnavailableError:
            self._follow()
            raise
        # While it was away, another Studio may have got its port.
        if response.status_code in (401, 403, 404) and not self._follow():
            raise SourceUnavailableError("another Studio answers in its place")
        return response

    def _follow(self) -> bool:
        """Turn to the Studio that has the job's folder now; whether that is the one that was asked."""
        if self._state_dir is None:
            return True
        asked = self._job_url
        for studio in running_studios():
            if studio.state_dir == self._state_dir:
                self._job_url = studio.url + self._path
                return self._job_url == asked
        return False


class _Opener(StudioClient):
    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, "", token, OPENING)
        self._url = url.rstrip("/")

    def open(self, name: str, config: Mapping[str, object]) -> Destination:
        body = json.dumps({"name": name, "config": config}).encode()
        response = self._request("POST", f"{self._url}/api/jobs", body)
        match response.status_code:
            case 401 | 403:
                raise UnauthorizedError(f"it refuses the token (HTTP {response.status_code})")
            case 404 | 405:
                raise RejectedError(f"it takes no runs from scripts (HTTP {response.status_code})")
        self._checked(response)
        fields = _fields(response)
        job, token, run_dir = fields.get("job"), fields.get("token"), fields.get("runDir")
        job_id = job.get("id") if isinstance(job, dict) else None
        if not (isinstance(job_id, str) and isinstance(token, str) and isinstance(run_dir, str)):
            raise BadAnswerError("its answer names no job to report to")
        heartbeat_s = to_number(fields.get("heartbeatS"))
        return Destination(
            self._url,
            job_id,
            token,
            Path(run_dir) if _is_here(Path(run_dir), token) else None,
            heartbeat_s if heartbeat_s and heartbeat_s > 0 else HEARTBEAT_S,
        )


def open_job(url: str, token: str, name: str, config: Mapping[str, object]) -> Destination:
    """A new job of the Studio at `url`. Raises: SourceError: there is none, and why."""
    client = _Opener(url, token)
    try:
        return client.open(name, config)
    finally:
        client.close()


def _is_here(folder: Path, token: str) -> bool:
    """Whether this process and the Studio see the same folder there: the Studio left a hash of the token in it."""
    try:
        return (folder / TOKEN_HASH).read_text("ascii") == sha256(token.encode()).hexdigest()
    except (OSError, ValueError):
        return False


def _fields(response: requests.Response) -> dict[str, object]:
    try:
        fields = response.json()
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise BadAnswerError("its answer is not a JSON object")
    return fields
