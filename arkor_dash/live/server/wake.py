"""The websocket over which an open page gets what is new.

The browser sends the token of its page, and nothing else. The server answers `ready`. It then sends what has moved on
the page, as an object of data by the name of the part, and `draw` where the page's script has to run. It closes the
connection if it does not know the token, and when the page has ended.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection

import anyio
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from arkor_dash.access.origins import is_own_origin
from arkor_dash.live.base_path import below
from arkor_dash.live.push import PATH, watch_of

from .rounds import OpenPage, Rounds
from .sockets import SocketLimits

TOKEN_TIMEOUT_S = 5.0
"""Seconds within which a browser has to send its token."""
MOST_BYTES = 256
"""The longest message that a client may send. A token has 44 bytes."""
POLICY_VIOLATION = 1008
"""A code to close a websocket with. Source: RFC 6455, section 7.4.1."""


def route(base_path: str = "", origins: Collection[str] = ()) -> WebSocketRoute:
    """The websocket's route, below the path that the app is served under.

    Only pages of the dashboard may connect, see `is_own_origin`. A page that can't connect asks every second.

    Args: origins: origins that count as the dashboard's own, besides the one that `Host` names.
    """
    return WebSocketRoute(below(base_path, PATH), _Wake(origins).serve)


class _Wake:
    def __init__(self, origins: Collection[str]) -> None:
        self._origins = tuple(origins)
        self._limits = SocketLimits()
        self._rounds = Rounds()

    async def serve(self, websocket: WebSocket) -> None:
        peer = websocket.client.host if websocket.client else ""
        origin, host = (websocket.headers.get(name, "") for name in ("origin", "host"))
        if not is_own_origin(origin, host, self._origins):
            await _refuse(websocket, 403, "Only pages of this dashboard may connect: Origin and Host differ.")
        elif not self._limits.takes(peer):
            await _refuse(websocket, 503, "Too many connections. Try again in a minute.")
        else:
            # A client may leave at any time. TimeoutError: it sent nothing. KeyError: its first message was no text.
            # RuntimeError: Starlette has noticed that it has left.
            with contextlib.suppress(WebSocketDisconnect, TimeoutError, KeyError):
                await self._serve(websocket, peer)
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await websocket.close(POLICY_VIOLATION)

    async def _serve(self, websocket: WebSocket, peer: str) -> None:
        _limit_messages(websocket)
        with self._limits.waiting(peer):
            await websocket.accept()
            with anyio.fail_after(TOKEN_TIMEOUT_S):
                token = await websocket.receive_text()
        watch = watch_of(token)
        if watch is None:
            return
        page = OpenPage(watch)
        del watch  # it ends with its session
        with self._limits.of_page(token):
            await websocket.send_text("ready")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._send, websocket, page, tasks.cancel_scope)
                await websocket.receive()  # its end, or a message, which a page does not send
                tasks.cancel_scope.cancel()

    async def _send(self, websocket: WebSocket, page: OpenPage, end: anyio.CancelScope) -> None:
        with self._rounds.serving(page), contextlib.suppress(WebSocketDisconnect):
            while messages := await page.next_messages():
                for message in messages:
                    await websocket.send_text(message)
                if page.sent():
                    self._rounds.begin()
        end.cancel()


def _limit_messages(websocket: WebSocket) -> None:
    """Have the server refuse messages that are longer than a token before it reads them.

    Uvicorn's own limit is one for all websockets, and Streamlit's needs a large one.
    """
    protocol = getattr(websocket._receive, "__self__", None)  # uvicorn's, if no middleware stands between
    connection = getattr(protocol, "conn", None)
    if connection is not None and hasattr(connection, "max_message_size"):
        connection.max_message_size = MOST_BYTES


async def _refuse(websocket: WebSocket, status: int, text: str) -> None:
    await websocket.send_denial_response(PlainTextResponse(text, status))
