"""Streamlit's websocket of a page, whose messages a test can hold back, in both directions."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute


class HeldSocket:
    """Create it before the page is opened.

    `messages` are those to the page that are held back, in their order. `requests` are those of the page.
    """

    def __init__(self, page: Page) -> None:
        self.messages: list[bytes] = []
        self.requests: list[bytes] = []
        self._is_holding = self._is_holding_requests = False
        self._sockets: list[WebSocketRoute] = []
        self._servers: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)

    def hold(self) -> None:
        """From now on the page receives nothing."""
        self._is_holding = True

    def release(self) -> None:
        """Send what was held back."""
        self._is_holding = False
        late, self.messages = self.messages, []
        for message in late:
            self._sockets[-1].send(message)

    def hold_requests(self) -> None:
        """From now on the server receives nothing."""
        self._is_holding_requests = True

    def release_requests(self, requests: list[bytes]) -> None:
        """Send these to the server, in this order, and hold back nothing more."""
        self._is_holding_requests = False
        for request in requests:
            self._servers[-1].send(request)

    def _connect(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        self._sockets.append(socket)
        self._servers.append(server)
        server.on_message(self._received)
        socket.on_message(self._requested)

    def _received(self, message: str | bytes) -> None:
        if self._is_holding:
            self.messages.append(_bytes(message))
        else:
            self._sockets[-1].send(message)

    def _requested(self, message: str | bytes) -> None:
        if self._is_holding_requests:
            self.requests.append(_bytes(message))
        else:
            self._servers[-1].send(message)


def _bytes(message: str | bytes) -> bytes:
    return message if isinstance(message, bytes) else message.encode()
