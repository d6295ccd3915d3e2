"""Event streams, run output and downloads over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

import requests

from arkor_dash.errors import BadAnswerError
from arkor_dash.sources.streams import Frame

from .exchange import Exchange
from .request import Request
from .sse import FrameReader

ID_LIMIT = 1_024
"""The longest event id that is sent back, in characters. Servers refuse requests with longer headers."""
_NUMBER = re.compile(r"[0-9]{1,18}")


class HttpStream:
    """A Stream. Subclasses define how its body is read."""

    def __init__(self, request: Request) -> None:
        self._server = request.server
        self._exchange = Exchange(request)

    def __enter__(self) -> Self:
        try:
            self._check(self._exchange.send())
        except BaseException:
            self._exchange.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exchange.close()

    def close(self) -> None:
        self._exchange.abort()

    def _check(self, response: requests.Response) -> None:
        """Check and read the response's headers. Raises: SourceError: the response has another content type."""

    def _require(self, response: requests.Response, media_type: str, what: str) -> None:
        """Raises: BadAnswerError: the response has another content type than that of `what`."""
        header = response.headers.get("Content-Type", "")
        if header.partition(";")[0].strip().lower() != media_type:
            shown = self._exchange.without_secret(header).partition(";")[0].strip() or "no content type"
            raise BadAnswerError(f"{self._server} answered with {shown} instead of {what}.")


class HttpEvents(HttpStream):
    """An EventStream."""

    def __init__(self, request: Request, last_event_id: str | None) -> None:
        super().__init__(replace(request, headers={**request.headers, **_event_headers(last_event_id)}))
        self._frames = FrameReader(self._exchange.pieces())

    @property
    def retry_ms(self) -> int | None:
        return self._frames.retry_ms

    @property
    def has_data(self) -> bool:
        return self._exchange.has_data()

    def watch_silence(self, on_silence: Callable[[], None]) -> None:
        self._exchange.watch_silence(on_silence)

    def reads(self) -> Iterator[Sequence[Frame]]:
        return self._frames.reads()

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._frames)

    def _check(self, response: requests.Response) -> None:
        self._require(response, "text/event-stream", "an event stream")


class HttpDownload(HttpStream):
    """A Download."""

    def __iter__(self) -> Iterator[bytes]:
        return self._exchange.pieces()


class HttpOutput(HttpStream):
    """A RunOutput."""

    def __init__(self, request: Request, job_id: str | None = None) -> None:
        super().__init__(request)
        self._job_id = job_id
        self._size_bytes: int | None = None
        self._pid: int | None = None

    @property
    def pid(self) -> int | None:
        return self._pid

    @property
    def size_bytes(self) -> int | None:
        return self._size_bytes

    @property
    def job_id(self) -> str | None:
        return self._job_id

    def __iter__(self) -> Iterator[bytes]:
        return self._exchange.pieces()

    def _check(self, response: requests.Response) -> None:
        self._job_id = response.headers.get("X-Arkor-Job") or self._job_id
        self._size_bytes = read_number(response.headers.get("X-Arkor-Output-Size"))
        self._pid = read_number(response.headers.get("X-Arkor-Train-Pid"))


def read_number(header: str | None) -> int | None:
    """The whole number in the header; None if it has none."""
    return int(header) if header is not None and _NUMBER.fullmatch(header) else None


def _event_headers(last_event_id: str | None) -> Mapping[str, str | bytes]:
    headers: dict[str, str | bytes] = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
    if last_event_id and _is_header_value(last_event_id):
        headers["Last-Event-ID"] = last_event_id.encode()
    return headers


def _is_header_value(event_id: str) -> bool:
    """Whether a server receives the id as it is. If not, the stream is read from its start.

    A header value loses the spaces around it. Servers refuse one that is too long or holds control characters.
    """
    return event_id == event_id.strip() and event_id.isprintable() and len(event_id) <= ID_LIMIT
