"""Puts the style sheet into the page that a browser loads first.

Streamlit's own way adds it once its scripts run. What they have shown until then would move.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OF_THE_FILE = ("if-none-match", "if-modified-since", "accept-encoding", "range")
"""Headers of a request that ask for the file as Streamlit has it."""


class PageStyle:
    """Middleware that adds the style sheet to the head of each page. `style` is CSS."""

    def __init__(self, app: ASGIApp, *, style: str) -> None:
        self._app = app
        self._style = f"<style>{style}</style></head>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wants_page = scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")
        if not wants_page or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name.decode() not in _OF_THE_FILE]
        await self._app({**scope, "headers": headers}, receive, _Answer(send, self._style))


class _Answer:
    """Sends an answer on; that with a page only once it is whole."""

    def __init__(self, send: Send, style: bytes) -> None:
        self._send, self._style = send, style
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = self._body.replace(b"</head>", self._style, 1)
        headers = MutableHeaders(scope=start)
        headers["content-length"] = str(len(body))
        for name in ("etag", "last-modified"):
            del headers[name]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _is_page(start: Message) -> bool:
    return start["status"] == 200 and Headers(scope=start).get("content-type", "").startswith("text/html")
