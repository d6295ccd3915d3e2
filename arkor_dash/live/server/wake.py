"""The websocket over which the server tells an open page to redraw.

The browser sends the token of its page, and nothing else. The server answers `ready`, and then sends `draw` for each
redraw. It closes the connection if it does not know the token.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections import Counter
from collections.abc import Collection

import anyio
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from arkor_dash.access.origins import is_own_origin
from arkor_dash.live.base_path import below
from arkor_dash.live.push import PATH, PageWatch, redraw_interval_s, watch_of

from .sockets import SocketLimits

REPEAT_S = 2.0
"""Seconds after which the message is repeated to a browser that has not redrawn."""
TOKEN_TIMEOUT_S = 5.0
"""Seconds within which a browser has to send its token."""
POLICY_VIOLATION = 1008
"""A code to close a websocket with. Source: RFC 6455, section 7.4.1."""


def route(base_path: str = "", origins: Collection[str] = ()) -> WebSocketRoute:
    """The websocket's route, below the path that the app is served under.

    Only pages of the dashboard may connect, see `is_own_origin`. A page that can't connect asks every second.

    Args: origins: origins that count as the dashboard's own, besides the one that `Host` names.
    """
    return WebSocketRoute(below(base_path, PATH), _Wake(origins).serve)


class _Wake:
    """`kinds`: the open websockets for each kind of page."""

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = tuple(origins)
        self._limits = SocketLimits()
        self._kinds: Counter[str] = Counter()

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
        with self._limits.waiting(peer):
            await websocket.accept()
            with anyio.fail_after(TOKEN_TIMEOUT_S):
                token = await websocket.receive_text()
        watch = watch_of(token)
        if watch is not None:
            with self._limits.of_page(token):
                await websocket.send_text("ready")
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._send_redraws, websocket, watch)
                    await websocket.receive()  # its end, or a message, which a page does not send
                    tasks.cancel_scope.cancel()

    async def _send_redraws(self, websocket: WebSocket, watch: PageWatch) -> None:
        sent_at = -math.inf
        self._kinds[watch.kind] += 1
        try:
            while True:
                await anyio.sleep(watch.every_s)
                now = time.monotonic()
                may_send = sent_at <= watch.drawn_at() or now - sent_at >= REPEAT_S
                is_due = now - watch.drawn_at() >= redraw_interval_s(self._kinds[watch.kind])
                if may_send and is_due and watch.is_stale():
                    await websocket.send_text("draw")
                    sent_at = now
        except WebSocketDisconnect:
            return
        finally:
            self._kinds[watch.kind] -= 1


async def _refuse(websocket: WebSocket, status: int, text: str) -> None:
    await websocket.send_denial_response(PlainTextResponse(text, status))
