"""What went wrong with a request, in words for the person at the dashboard."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import DecodeError, NameResolutionError, ReadTimeoutError

from arkor_dash.errors import (
    BadAnswerError,
    RejectedError,
    RunInProgressError,
    SourceError,
    SourceUnavailableError,
    StreamGoneError,
    UnauthorizedError,
    UpgradeRequiredError,
)

from .request import Request

TEXT_LIMIT = 4_000


def unreachable(who: str, error: BaseException) -> SourceError:
    """Why no answer came, or why it broke off, in none of the libraries' words: those name internals."""
    causes = list(_causes(error))

    def caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if caused_by(ConnectionRefusedError):
        return SourceUnavailableError(f"{who} refused the connection.")
    if caused_by(socket.gaierror, NameResolutionError):
        return SourceUnavailableError(f"{who} has an address that could not be resolved.")
    if caused_by(requests.exceptions.ProxyError):
        return SourceUnavailableError(f"{who} could not be reached through the proxy.")
    if caused_by(ssl.SSLError, requests.exceptions.SSLError):
        return SourceUnavailableError(f"{who} could not prove who it is (TLS).")
    if caused_by(requests.ConnectTimeout):
        return SourceUnavailableError(f"{who} did not take the connection in time.")
    if caused_by(requests.ReadTimeout, ReadTimeoutError, TimeoutError):
        return SourceUnavailableError(f"{who} fell silent.")
    if caused_by(DecodeError):
        return BadAnswerError(f"{who} sent a body that does not decode.")
    if caused_by(http.client.RemoteDisconnected, ConnectionError, http.client.IncompleteRead):
        return SourceUnavailableError(f"{who} broke off the connection.")
    if caused_by(http.client.HTTPException):
        return BadAnswerError(f"{who} answered with something that is not HTTP.")
    return SourceUnavailableError(f"{who} could not be reached.")


def refusal(request: Request, status: int, headers: Mapping[str, str], body: bytes) -> SourceError:
    """The error that an answer other than 200 stands for."""
    who = request.who
    said = _said(request, body)
    reason = f"{who} answered {status}{f': {said}' if said else ''}".rstrip(".") + "."
    match status:
        case 401 | 403:
            return UnauthorizedError(f"{reason} {request.unauthorized}".rstrip())
        case 409:
            return RunInProgressError(said or reason, job_id=_field(request, body, "jobId"))
        case 204 | 410:
            gone = said or f"{who} no longer has this stream"
            return StreamGoneError(f"{gone.rstrip('.')}. What is here stays; Retry asks for it once more.")
        case 426:
            return UpgradeRequiredError(_upgrade(request, body, said))
        case 408 | 425 | 429:
            return SourceUnavailableError(reason, retry_after_s=retry_after_s(headers))
        case _ if status >= 500:
            return SourceUnavailableError(reason, retry_after_s=retry_after_s(headers))
        case _ if 400 <= status < 500:
            return RejectedError(said or reason)
        case _ if 300 <= status < 400:
            return BadAnswerError(f"{who} points to another address, which is not followed.")
        case _:
            return BadAnswerError(reason)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The wait that `Retry-After` asks for, in seconds or until a date; None if it can't be read."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def not_json(who: str, body: bytes) -> BadAnswerError:
    """An answer that should have been JSON."""
    if body.lstrip()[:1] == b"<":
        return BadAnswerError(
            f"{who} answered with a web page, not with data. Is another program at this address?"
        )
    return BadAnswerError(f"{who} answered with something that is not JSON.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps: requests and urllib3 hide causes in arguments and attributes too."""
    pending, seen = [error], set[int]()
    while pending:
        cause = pending.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (*cause.args, cause.__cause__, cause.__context__, getattr(cause, "reason", None))
        pending += [item for item in inner if isinstance(item, BaseException)]


def _said(request: Request, body: bytes) -> str:
    text = _field(request, body, "error") or ""
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}…"


def _upgrade(request: Request, body: bytes, said: str) -> str:
    """What the body of a 426 says to upgrade to, and how; at least that an upgrade is needed."""
    message, supported, how = (
        _field(request, body, name) for name in ("message", "supportedRange", "upgrade")
    )
    parts = [
        # A lone word, as in {"error": "sdk_version_unsupported"}, is for programs.
        message or (said if " " in said else f"{request.who} asks for a newer client"),
        f"It serves arkor {supported}" if supported else "",
        f"Upgrade: {how}" if how else "Upgrade the dashboard, then press Retry",
    ]
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)[:TEXT_LIMIT]


def _field(request: Request, body: bytes, name: str) -> str | None:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return None
    value = payload.get(name) if isinstance(payload, dict) else None
    return request.without_secret(value) if isinstance(value, str) and value else None
