"""Checks who may make which request: by the Host header and by a token."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from arkor_dash.studio.runs.run import Run

from .bodies import answer

HEADER = "X-Arkor-Studio-Token"
PARAMETER = "studioToken"
_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]*)?", re.IGNORECASE)
_TRAINER_ROUTES = {
    "PUT": re.compile(r"/api/jobs/([^/]+)"),
    "POST": re.compile(r"/api/jobs/([^/]+)/(?:events|heartbeat|output)"),
}
_SCRIPT_ROUTES = {"POST": re.compile(r"/api/jobs"), "GET": re.compile(r"/api/jobs/[^/]+/events\.jsonl")}
_STREAM_ROUTE = re.compile(r"/api/jobs/[^/]+/events")


class Guard:
    """Middleware that checks the Host header and the token of every request, unknown routes included.

    - The four routes for a trainer or a script need the token of that job's run.
    - All other routes need the Studio's token. Two of them also take `opener`, a token for these only, which the
      user's scripts can find: the one that opens a job, and the one that reads a job's events.
    - A job's event stream also takes the Studio's token in its URL, since a browser's EventSource can't set headers.
    - Only loopback hosts are served. Another Host header means DNS rebinding: a web page's own name that resolves
      to this machine.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, opener: str, find_run: Callable[[str], Run | None]
    ) -> None:
        self._app = app
        self._token = token.encode()
        self._opener = opener.encode()
        self._find_run = find_run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if not _HOST.fullmatch(headers.get("host", "")):
                await answer({"error": "Studio API is loopback-only"}, 403)(scope, receive, send)
                return
            if not self._is_admitted(scope, headers):
                await answer({"error": "Missing or invalid studio token"}, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_admitted(self, scope: Scope, headers: Headers) -> bool:
        method, path = scope["method"], scope["path"]
        token = headers.get(HEADER, "").encode("latin-1")
        trainer_route = _TRAINER_ROUTES.get(method)
        match = trainer_route.fullmatch(path) if trainer_route else None
        if match:
            run = self._find_run(match[1])
            return run is not None and run.accepts(token)
        if not token and method == "GET" and _STREAM_ROUTE.fullmatch(path):
            fields = parse_qs(scope["query_string"].decode("latin-1"))
            token = fields.get(PARAMETER, [""])[0].encode()
        script_route = _SCRIPT_ROUTES.get(method)
        if script_route and script_route.fullmatch(path) and hmac.compare_digest(token, self._opener):
            return True
        return hmac.compare_digest(token, self._token)
