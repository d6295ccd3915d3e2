"""The client of the two Studio routes that a trainer uses, and what each answer means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import requests
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema

from arkor_dash.errors import (
    BadAnswerError,
    GoneError,
    JobNotFoundError,
    RefusedError,
    SourceUnavailableError,
    UnauthorizedError,
)

RETRYABLE = frozenset({408, 425, 429})
LONGEST_ASKED_S = 60.0


class TooLargeError(RefusedError):
    """The request is larger than the Studio accepts."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    connect_s: float = 3.0
    read_s: float = 10.0


def asked_wait_s(error: BaseException | None) -> float:
    """The seconds that the Studio has asked to wait before a retry, at most `LONGEST_ASKED_S`."""
    asked_s = error.retry_after_s if isinstance(error, SourceUnavailableError) else None
    return min(asked_s or 0.0, LONGEST_ASKED_S)


class StudioClient:
    """Reports to one job. Its methods raise a SourceError, whose `retryable` says whether a retry can help."""

    def __init__(self, url: str, job_id: str, token: str, timeouts: Timeouts | None = None) -> None:
        self._job_id = job_id
        self._job_url = f"{url.rstrip('/')}/api/jobs/{quote(job_id, safe='')}"
        self._timeouts = timeouts or Timeouts()
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc: the Studio is on this machine
        self._session.headers.update(
            {"X-Arkor-Studio-Token": token, "Content-Type": "application/json", "Accept-Encoding": "identity"}
        )

    def announce(self, name: str, config: Mapping[str, object]) -> None:
        """Set the name and config of the job. Can be repeated."""
        body = json.dumps({"name": name, "config": config}).encode()
        self._checked(self._request("PUT", self._job_url, body))

    def send(self, events: Sequence[bytes]) -> int:
        """Send events in order, each as JSON. Returns the sequence number of the last event that is stored."""
        body = b'{"events":[%b]}' % b",".join(event.rstrip() for event in events)
        response = self._request("POST", f"{self._job_url}/events", body)
        if response.status_code != 409:  # 409 is a gap in the sequence; the answer says what is stored
            self._checked(response)
        try:
            acknowledged = response.json()["acknowledged"]
        except (ValueError, KeyError, TypeError) as error:
            raise BadAnswerError("its answer does not say what it has stored") from error
        if isinstance(acknowledged, bool) or not isinstance(acknowledged, int) or acknowledged < 0:
            raise BadAnswerError(f"it acknowledges {acknowledged!r}, which is not an event's number")
        return acknowledged

    def close(self) -> None:
        self._session.close()

    def _request(self, method: str, url: str, body: bytes) -> requests.Response:
        try:
            return self._session.request(
                method,
                url,
                data=body,
                timeout=(self._timeouts.connect_s, self._timeouts.read_s),
                allow_redirects=False,
            )
        except (InvalidHeader, InvalidSchema, InvalidURL, MissingSchema) as error:
            raise RefusedError("its URL or its token can't be used") from error
        except requests.RequestException as error:
            raise SourceUnavailableError(f"no answer ({type(error).__name__})") from error

    def _checked(self, response: requests.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        if status in RETRYABLE or status >= 500:
            raise SourceUnavailableError(f"HTTP {status}", retry_after_s=_retry_after_s(response))
        if status in (401, 403):
            raise UnauthorizedError(f"it refuses this run's token (HTTP {status})")
        if status == 404:
            raise JobNotFoundError(self._job_id)
        if status == 410:
            raise GoneError("it has ended this job")
        if status == 413:
            raise TooLargeError("the request is too large for it (HTTP 413)")
        if 400 <= status < 500:
            raise RefusedError(f"it refuses the request (HTTP {status}: {response.text[:200]})")
        raise BadAnswerError(f"it answers HTTP {status}")


def _retry_after_s(response: requests.Response) -> float | None:
    try:
        return max(0.0, float(response.headers.get("Retry-After", "")))
    except ValueError:
        return None
