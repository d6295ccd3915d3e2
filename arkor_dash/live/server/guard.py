"""The guard of the dashboard's server, which every request passes first."""

from __future__ import annotations

import logging
import re

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from arkor_dash.access.hosts import HostNames
from arkor_dash.live.base_path import below

from .capacity import Capacity

log = logging.getLogger(__name__)

RETRY_S = 30
_FILES = ("/arkor/", "/media/")
"""Parts of the addresses of downloads, which a browser asks for as for a page."""
_SHOWN_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")


class Guard:
    """Middleware that refuses names that the dashboard is not served under, and viewers whom it can't take.

    A refused browser gets a short page that says why, and what to do. Streamlit's health check is answered under any
    name and none: load balancers ask for it under names of their own, and all that it says is `ok`.

    Args: base_path: the path that the app is served under.
    """

    def __init__(self, app: ASGIApp, *, hosts: HostNames, capacity: Capacity, base_path: str = "") -> None:
        self._app, self._hosts, self._capacity = app, hosts, capacity
        self._health = below(base_path, "_stcore/health")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = await self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).send_denial_response(refusal)

    async def _refusal(self, scope: Scope) -> Response | None:
        if scope["type"] == "http" and scope["path"] == self._health:
            return None
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ""
        # In a thread, since the machine's own names may have to be looked up.
        if not (self._hosts.know(host) or await anyio.to_thread.run_sync(self._hosts.serve, host)):
            return _refused_host(host)
        if scope["type"] == "websocket":
            has_room = self._capacity.takes_socket()
        else:
            has_room = not is_page(scope["path"], headers) or self._capacity.takes_page()
        return None if has_room else _full(self._capacity.limit)


def is_page(path: str, headers: Headers) -> bool:
    """Whether the request is for a page, not for a file that an open page needs or links to."""
    return "text/html" in headers.get("accept", "") and not any(part in path for part in _FILES)


def _refused_host(host: str) -> Response:
    name = host.rpartition(":")[0] or host
    shown, example = (f"“{name}”", name) if _SHOWN_HOST.fullmatch(name) else ("this name", "dash.example.org")
    return _text(
        403,
        f"The dashboard is not served under {shown}.\n\n"
        "If this is its address, name it in .streamlit/config.toml and restart the dashboard:\n\n"
        f'[server]\nallowedHosts = ["localhost", "{example}"]\n\n'
        "If it is only a proxy's name for it, have the proxy pass on the Host that people open, with its port.\n",
    )


def _full(limit: float) -> Response:
    log.warning("A viewer was turned away: nearly all of the %g files that may be open are in use.", limit)
    return _text(
        503,
        "The dashboard has as many viewers as it can take. Try again in a minute.\n\n"
        f"Whoever runs it can raise the limit on open files, which is {limit:g}: ulimit -n 65536\n",
        **{"Retry-After": str(RETRY_S)},
    )


def _text(status: int, text: str, **headers: str) -> Response:
    common = {"Connection": "close", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return PlainTextResponse(text, status, headers=common | headers)
