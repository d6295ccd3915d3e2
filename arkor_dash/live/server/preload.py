"""Has the browser load a page's scripts while Streamlit still starts, not only once a chart asks for them."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arkor_dash.live.base_path import below


class Preload:
    """Middleware that names the scripts of a page in the page's `Link` header. Source: RFC 8288.

    Args:
        scripts: their addresses, relative to that of the page, since a proxy may add a prefix.
        pages: the pages that need them.
        base_path: the path that the app is served under.
    """

    def __init__(
        self, app: ASGIApp, *, scripts: Iterable[str], pages: Iterable[str], base_path: str = ""
    ) -> None:
        self._app = app
        self._link = ", ".join(f"<{script}>; rel=preload; as=script" for script in scripts)
        self._paths = frozenset(below(base_path, page) for page in pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self._paths:
            await self._app(scope, receive, send)
            return

        async def send_with_link(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(scope=message).append("Link", self._link)
            await send(message)

        await self._app(scope, receive, send_with_link)
