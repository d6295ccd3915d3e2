"""Files that are sent to the browser piece by piece, so that a file of any size needs little memory.

A page shows a link, whose address holds a secret token. `route` answers requests for it. Streamlit's own download
button holds the whole file in memory instead.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote
from weakref import WeakValueDictionary

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from arkor_dash.errors import UNEXPECTED_ERROR, ArkorDashError, SourceUnavailableError

from .base_path import below
from .tracebacks import release_frames

log = logging.getLogger(__name__)

PATH = "arkor/file"
THREADS = 16
"""The number of files that are read at the same moment. A file that waits for its browser needs no thread."""
MOST_FILES = 100
MOST_FILES_OF_LINK = 4
"""Files that are sent at the same time, in all and from one link. Each holds a connection to its source, too."""
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Streamlit would compress the file, and remove the length by which the browser notices that a file is incomplete.
    "Content-Encoding": "identity",
}


@dataclass(frozen=True, slots=True)
class FileStream:
    """A file to send.

    `name` is one that `file_name` has made. `pieces` may be closed early, and may raise an ArkorDashError.
    `size_bytes`: None if unknown.
    If the pieces are fewer than `size_bytes`, the browser reports that the download has failed.
    """

    name: str
    pieces: Iterator[bytes]
    size_bytes: int | None = None
    mime: str = "application/octet-stream"


class FileLink:
    """A link to a file that is made for each request. The viewer's session keeps this object alive.

    Attributes:
        make: makes the file, in a thread. It may raise an ArkorDashError.
        token: names the link to the server. A secret between the browser and the server.
    """

    def __init__(self, make: Callable[[], FileStream]) -> None:
        self.make = make
        self.token = secrets.token_urlsafe(16)
        _links[self.token] = self

    @property
    def address(self) -> str:
        """The link's address, relative to the address of the page."""
        return f"{PATH}/{self.token}"


_links: WeakValueDictionary[str, FileLink] = WeakValueDictionary()
_limiter = CapacityLimiter(THREADS)


def route(base_path: str = "") -> Route:
    """The route of the files, below the path that the app is served under."""
    return Route(below(base_path, f"{PATH}/{{token}}"), _Files(), methods=["GET"])


class _Files:
    """The endpoint of the route. Counts the files that are being sent, by their links' tokens."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        token = request.path_params["token"]
        refusal = self._refusal(token)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        self._open[token] += 1
        try:
            response = await _serve(request)
            await response(scope, receive, send)
        finally:
            self._open -= Counter([token])  # drops what is zero

    def _refusal(self, token: str) -> Response | None:
        if self._open[token] >= MOST_FILES_OF_LINK:
            return _problem("This file is being sent several times already. Reload the page.", 503)
        if self._open.total() >= MOST_FILES:
            return _problem("Too many files are being sent. Try again in a minute.", 503)
        return None


async def _serve(request: Request) -> Response:
    link = _links.get(request.path_params["token"])
    if link is None:
        return _problem("This link has expired. Reload the page.", 404)
    try:
        file, first = await to_thread.run_sync(_opened, link, limiter=_limiter)
    except ArkorDashError as error:
        release_frames(error)
        return _problem(str(error), 503 if isinstance(error, SourceUnavailableError) else 404)
    except Exception as error:
        log.exception("A file could not be made")
        release_frames(error)
        return _problem(UNEXPECTED_ERROR, 500)
    headers = {**_HEADERS, "Content-Disposition": _attachment(file.name)}
    if file.size_bytes is not None:
        headers["Content-Length"] = str(file.size_bytes)
    if request.method == "HEAD":
        await to_thread.run_sync(_close, file.pieces, limiter=_limiter)
        return Response(headers=headers, media_type=file.mime)
    return StreamingResponse(_sent(file.pieces, first), headers=headers, media_type=file.mime)


def _opened(link: FileLink) -> tuple[FileStream, bytes]:
    """The file and its first piece, whose error can still be answered with a status."""
    file = link.make()
    return file, next(file.pieces, b"")


async def _sent(pieces: Iterator[bytes], first: bytes) -> AsyncIterator[bytes]:
    piece: bytes | None = first
    try:
        while piece is not None:
            if piece:
                yield piece
            piece = await to_thread.run_sync(next, pieces, None, limiter=_limiter)
    except ArkorDashError as error:
        release_frames(error)
        log.warning("A download broke off: %s", error)
        raise ConnectionAbortedError from None
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(_close, pieces, limiter=_limiter)


def _close(pieces: Iterator[bytes]) -> None:
    """Close the connection or file behind the pieces, if they have one."""
    close = getattr(pieces, "close", None)
    if close is not None:
        close()


def _problem(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})


def _attachment(file_name: str) -> str:
    """A `Content-Disposition` header. Source: RFC 6266 and RFC 8187."""
    return f"attachment; filename*=UTF-8''{quote(file_name, safe='')}"
