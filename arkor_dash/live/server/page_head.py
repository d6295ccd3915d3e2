"""The head of the app's page: its title, its icon and its styles, from the first moment on.

Streamlit's own page has Streamlit's title and icon. It gets the app's styles with its elements, which then move.
"""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arkor_dash.charts.theme import css_variables

ASSETS = Path(__file__).parents[2] / "ui" / "assets"
ICON = ASSETS / "icon.svg"
_TITLE = re.compile(r"(?<=<title>)[^<]*")
_ICON = re.compile(r'(?<=<link rel="shortcut icon" href=")[^"]*')
_CONDITIONS = ("accept-encoding", "if-none-match", "if-modified-since", "if-range", "range")
"""With these headers, the page might come compressed, in part, or not at all."""


def style_element() -> str:
    """The app's style sheet, with its colours. `.stApp` carries the `color-scheme` that `light-dark()` follows."""
    rules = (ASSETS / "style.css").read_text(encoding="utf-8")
    variables = "".join(f"{name}: {value};" for name, value in css_variables().items())
    return f"<style>.stApp {{{variables}}}\n{rules}</style>"


def icon_address() -> str:
    """The app's mark, as an address that holds the picture itself."""
    return f"data:image/svg+xml;base64,{b64encode(ICON.read_bytes()).decode()}"


class PageHead:
    """Middleware that puts the title, the icon and the style sheet into the head of each page."""

    def __init__(self, app: ASGIApp, *, title: str) -> None:
        self._app = app
        self._title, self._icon, self._style = escape(title), icon_address(), style_element()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("Accept", ""):
            await self._app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name.decode() not in _CONDITIONS]
        start: Message | None = None
        body = b""

        async def send_changed(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await self._send(start, body, send)

        await self._app({**scope, "headers": headers}, receive, send_changed)

    async def _send(self, start: Message, body: bytes, send: Send) -> None:
        changed = self._changed(body.decode()).encode()
        headers = MutableHeaders(scope=start)
        for name in ("etag", "last-modified"):  # those of the unchanged page
            del headers[name]
        if body:
            headers["content-length"] = str(len(changed))
        await send(start)
        await send({"type": "http.response.body", "body": changed if body else b""})

    def _changed(self, page: str) -> str:
        page = _TITLE.sub(lambda _: self._title, page, count=1)
        page = _ICON.sub(lambda _: self._icon, page, count=1)
        return page.replace("</head>", f"{self._style}</head>", 1)


def _is_page(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] == 200 and kind.startswith("text/html")
