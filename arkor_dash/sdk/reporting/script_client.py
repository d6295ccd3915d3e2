"""The client of a script that the Studio has not started: opens a job, sends heartbeats, finds a restarted Studio."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import requests

from arkor_dash.errors import BadAnswerError, RefusedError, SourceUnavailableError, UnauthorizedError
from arkor_dash.protocol.discovery import running_studios
from arkor_dash.protocol.fields import to_number
from arkor_dash.protocol.run_folder import TOKEN_HASH

from .studio_client import StudioClient, Timeouts

HEARTBEAT_S = 5.0
OPEN_TIMEOUTS = Timeouts(connect_s=2.0, read_s=20.0)
"""The training waits for the job to be opened, but a job that is given up is never seen: a busy Studio gets time."""


@dataclass(frozen=True, slots=True)
class Destination:
    """The job that a run reports to.

    `folder` is the run's folder, or None if it is on another machine. `heartbeat_s` is the time between heartbeats.
    `takes_output`: the Studio stores what the script prints. It does so already for the runs that it has started.
    """

    url: str
    job_id: str
    token: str = field(repr=False)
    folder: Path | None = None
    heartbeat_s: float = HEARTBEAT_S
    takes_output: bool = False


class ScriptClient(StudioClient):
    """Reports to one job, also after its Studio was restarted at another URL. Raises what `StudioClient` raises."""

    def __init__(self, destination: Destination) -> None:
        super().__init__(destination.url, destination.job_id, destination.token)
        self._path = self._job_url.removeprefix(destination.url.rstrip("/"))
        self._state_dir = destination.folder.parent.parent if destination.folder else None

    def send_heartbeat(self) -> bool:
        """Tell the Studio that the script runs. Returns whether the job was asked to end."""
        response = self._request("POST", f"{self._job_url}/heartbeat", b"{}")
        self._checked(response)
        return _fields(response).get("cancelling") is True

    def _request(self, method: str, url: str, body: bytes) -> requests.Response:
        try:
            response = super()._request(method, url, body)
        except SourceUnavailableError:
            self._find_studio()
            raise
        # While the Studio was down, another one may have taken its port.
        if response.status_code in (401, 403, 404) and not self._find_studio():
            raise SourceUnavailableError("another Studio answers in its place")
        return response

    def _find_studio(self) -> bool:
        """Use the Studio that now serves the job's state folder. Returns whether it is the one used before."""
        if self._state_dir is None:
            return True
        before = self._job_url
        for studio in running_studios():
            if studio.state_dir == self._state_dir:
                self._job_url = studio.url + self._path
                return self._job_url == before
        return False


class OutputClient(ScriptClient):
    """Sends the output of one job."""

    def __init__(self, destination: Destination) -> None:
        super().__init__(destination)
        self._session.headers["Content-Type"] = "application/octet-stream"

    def send_output(self, offset: int, piece: bytes, *, is_last: bool = False) -> int:
        """Send a piece, which begins at the byte `offset`. Returns how many bytes of the output are stored."""
        url = f"{self._job_url}/output?offset={offset}{'&last=true' if is_last else ''}"
        response = self._request("POST", url, piece)
        if response.status_code != 409:  # 409 is a gap; the answer says what is stored
            self._checked(response)
        stored = _fields(response).get("stored")
        if isinstance(stored, bool) or not isinstance(stored, int) or not 0 <= stored <= offset + len(piece):
            raise BadAnswerError("its answer does not say how much of the output it has stored")
        return stored


class _Opener(StudioClient):
    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, "", token, OPEN_TIMEOUTS)
        self._url = url.rstrip("/")

    def open(self, name: str, config: Mapping[str, object], output: bool) -> Destination:
        body = json.dumps({"name": name, "config": config, "output": output}).encode()
        response = self._request("POST", f"{self._url}/api/jobs", body)
        match response.status_code:
            case 401 | 403:
                raise UnauthorizedError(f"it refuses the token (HTTP {response.status_code})")
            case 404 | 405:
                raise RefusedError(f"it accepts no runs from scripts (HTTP {response.status_code})")
        self._checked(response)
        fields = _fields(response)
        job, token, run_dir = fields.get("job"), fields.get("token"), fields.get("runDir")
        job_id = job.get("id") if isinstance(job, dict) else None
        if not (isinstance(job_id, str) and isinstance(token, str) and isinstance(run_dir, str)):
            raise BadAnswerError("its answer does not name the new job")
        heartbeat_s = to_number(fields.get("heartbeatS"))
        return Destination(
            self._url,
            job_id,
            token,
            Path(run_dir) if _shares_folder(Path(run_dir), token) else None,
            heartbeat_s if heartbeat_s and heartbeat_s > 0 else HEARTBEAT_S,
            takes_output=output and fields.get("output") is True,
        )


def open_job(
    url: str, token: str, name: str, config: Mapping[str, object], *, output: bool = False
) -> Destination:
    """Open a job in the Studio at `url`. `output`: the script's output is to be sent, too.

    Raises: SourceError: the message says why it can't be opened.
    """
    client = _Opener(url, token)
    try:
        return client.open(name, config, output)
    finally:
        client.close()


def _shares_folder(folder: Path, token: str) -> bool:
    """Whether `folder` is the same folder here and in the Studio, which has written the token's hash into it."""
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
