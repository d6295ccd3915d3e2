"""The files that a browser keeps for good, since their names carry their versions.

Streamlit serves them at the same address. But it compresses them for each request, and has the browser ask for them
again.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from arkor_dash.live.base_path import below

PATH = "app/static"
MIME = "text/javascript"
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


def addresses(folder: Path) -> list[str]:
    """The address of each script in the folder, relative to that of a page."""
    return [f"{PATH}/{path.name}" for path in _scripts(folder)]


def routes(folder: Path, base_path: str = "") -> list[Route]:
    """A route for each script in the folder, below the path that the app is served under."""
    return [_route(path, base_path) for path in _scripts(folder)]


def _scripts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.js"))


def _route(path: Path, base_path: str) -> Route:
    plain = path.read_bytes()
    compressed = gzip.compress(plain, mtime=0)

    async def serve(request: Request) -> Response:
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return Response(compressed, headers={**_HEADERS, "Content-Encoding": "gzip"}, media_type=MIME)
        return Response(plain, headers=_HEADERS, media_type=MIME)

    return Route(below(base_path, f"{PATH}/{path.name}"), serve)
