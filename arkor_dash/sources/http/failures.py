"""The errors of failed requests, with messages for the user."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import DecodeError, NameResolutionError, ReadTimeoutError

from arkor_dash.errors import (
    BadAnswerError,
    GoneError,
    RefusedError,
    RunInProgressError,
    SourceError,
    SourceUnavailableError,
    UnauthorizedError,
    UpgradeRequiredError,
)
from arkor_dash.protocol.addresses import hide_in_addresses
from arkor_dash.protocol.fields import parse_json

from .request import Request

TEXT_LIMIT = 4_000


def connection_error(server: str, error: BaseException) -> SourceError:
    """The error for a request without a response, or with one that broke off.

    The message is written here, since the libraries' own messages name internals.
    """
    causes = list(_causes(error))

    def caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if caused_by(ConnectionRefusedError):
        return SourceUnavailableError(f"{server} refused the connection.")
    if caused_by(socket.gaierror, NameResolutionError):
        return SourceUnavailableError(f"{server} has a host name that could not be resolved.")
    if caused_by(requests.exceptions.ProxyError):
        return SourceUnavailableError(f"{server} could not be reached through the proxy.")
    if caused_by(ssl.SSLError, requests.exceptions.SSLError):
        return SourceUnavailableError(f"{server} has no valid TLS certificate.")
    if caused_by(requests.ConnectTimeout):
        return SourceUnavailableError(f"{server} did not accept the connection in time.")
    if caused_by(requests.ReadTimeout, ReadTimeoutError, TimeoutError):
        return SourceUnavailableError(f"{server} did not answer in time.")
    if caused_by(DecodeError):
        return BadAnswerError(f"{server} sent a body that can't be decoded.")
    if caused_by(http.client.RemoteDisconnected, ConnectionError, http.client.IncompleteRead):
        return SourceUnavailableError(f"{server} closed the connection too early.")
    if caused_by(http.client.HTTPException):
        return BadAnswerError(f"{server} answered with something that is not HTTP.")
    return SourceUnavailableError(f"{server} could not be reached.")


def status_error(request: Request, status: int, headers: Mapping[str, str], body: bytes) -> SourceError:
    """The error for a response whose status is not a success."""
    server = request.server
    message = _error_text(request, body)
    reason = f"{server} answered {status}{f': {message}' if message else ''}".rstrip(".") + "."
    match status:
        case 401 | 403:
            return UnauthorizedError(f"{reason} {request.unauthorized}".rstrip())
        case 409:
            return RunInProgressError(message or reason, job_id=_text_field(request, body, "jobId"))
        case 204 | 410:
            return GoneError(f"{(message or f'{server} no longer has this').rstrip('.')}.")
        case 426:
            return UpgradeRequiredError(_upgrade_text(request, body, message))
        case 408 | 425 | 429:
            return SourceUnavailableError(reason, retry_after_s=retry_after_s(headers))
        case _ if status >= 500:
            return SourceUnavailableError(reason, retry_after_s=retry_after_s(headers))
        case _ if 400 <= status < 500:
            return RefusedError(message or reason)
        case _ if 300 <= status < 400:
            return BadAnswerError(f"{server} redirects to another address. Redirects are not followed.")
        case _:
            return BadAnswerError(reason)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The delay in the header `Retry-After`, in seconds; None if there is none or it is malformed.

    Source: RFC 9110, 10.2.3: a number of seconds, or a date.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def not_json_error(server: str, body: bytes) -> BadAnswerError:
    """The error for a body that is not JSON."""
    if body.lstrip()[:1] == b"<":
        return BadAnswerError(
            f"{server} answered with a web page instead of data. Is another program at this address?"
        )
    return BadAnswerError(f"{server} answered with something that is not JSON.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all its causes. requests and urllib3 keep some in arguments and attributes."""
    pending, seen = [error], set[int]()
    while pending:
        cause = pending.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (*cause.args, cause.__cause__, cause.__context__, getattr(cause, "reason", None))
        pending += [item for item in inner if isinstance(item, BaseException)]


def _error_text(request: Request, body: bytes) -> str:
    text = hide_in_addresses(_text_field(request, body, "error") or "")
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}…"


def _upgrade_text(request: Request, body: bytes, message: str) -> str:
    """The message of a 426: the supported version and how to upgrade, as far as the body says so."""
    explanation, supported, how = (
        _text_field(request, body, name) for name in ("message", "supportedRange", "upgrade")
    )
    parts = [
        # A single word, as in {"error": "sdk_version_unsupported"}, is a code for programs.
        explanation or (message if " " in message else f"{request.server} asks for a newer client"),
        f"It supports arkor {supported}" if supported else "",
        f"Upgrade: {how}" if how else "Upgrade the dashboard, then press Retry",
    ]
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)[:TEXT_LIMIT]


def _text_field(request: Request, body: bytes, name: str) -> str | None:
    try:
        payload = parse_json(body)
    except (ValueError, RecursionError):
        return None
    value = payload.get(name) if isinstance(payload, dict) else None
    return request.without_secret(value) if isinstance(value, str) and value else None
