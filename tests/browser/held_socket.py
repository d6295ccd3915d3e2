"""Streamlit's websocket of a page, whose messages to the page a test can hold back."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute


class HeldSocket:
    """Create it before the page is opened. `messages` are those that are held back, in their order."""

    def __init__(self, page: Page) -> None:
        self.messages: list[bytes] = []
        self._is_holding = False
        self._sockets: list[WebSocketRoute] = []
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

    def _connect(self, socket: WebSocketRoute) -> None:
        self._sockets.append(socket)
        socket.connect_to_server().on_message(self._received)

    def _received(self, message: str | bytes) -> None:
        if self._is_holding:
            self.messages.append(bytes(message) if isinstance(message, bytes) else message.encode())
        else:
            self._sockets[-1].send(message)
