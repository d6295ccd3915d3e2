"""Scripts and style sheets that a browser keeps for good, since their names carry their versions.

Streamlit serves its own ones as they are, and compresses plotly.js for each request. It reads each file in several
pieces, each in a thread. A page needs sixty files before it shows anything.
"""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Mapping
from pathlib import Path

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from arkor_dash.live.base_path import below

_SUFFIXES = (".js", ".css")
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Encoding": "gzip",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


class KeptFiles:
    """Middleware that sends these files from memory. A client that can't decompress gets Streamlit's answer.

    Args:
        folders: the folders of the files, by the address that Streamlit serves them under.
        base_path: the path that the app is served under.
    """

    def __init__(self, app: ASGIApp, *, folders: Mapping[str, Path], base_path: str = "") -> None:
        self._app = app
        self._files = {
            below(base_path, f"{address}/{file.name}"): file
            for address, folder in folders.items()
            for file in folder.glob("*")
            if file.suffix in _SUFFIXES
        }
        self._answers: dict[str, Response] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        path = scope["path"]
        is_asked_for = scope["method"] in ("GET", "HEAD") and path in self._files
        if not is_asked_for or "gzip" not in Headers(scope=scope).get("Accept-Encoding", ""):
            return None
        if path not in self._answers:
            self._answers[path] = await anyio.to_thread.run_sync(_compressed, self._files[path])
        return self._answers[path]


def _compressed(file: Path) -> Response:
    mime, _ = mimetypes.guess_type(file.name)
    return Response(gzip.compress(file.read_bytes(), mtime=0), headers=_HEADERS, media_type=mime)
