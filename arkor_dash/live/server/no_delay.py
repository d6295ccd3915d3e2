"""Has the server send small messages at once.

Streamlit's listening socket names no protocol, so asyncio does not set TCP_NODELAY on accepted connections. A small
message then waits until the browser has acknowledged the one before, which may take 40 ms.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence

import uvicorn

from .before_start import before_start


def send_small_messages_at_once() -> None:
    """Set TCP_NODELAY on the sockets that the server listens on. Accepted connections inherit it."""
    before_start(_set_no_delay)


def _set_no_delay(_server: uvicorn.Server, sockets: Sequence[socket.socket]) -> None:
    for each in sockets:
        if each.family in (socket.AF_INET, socket.AF_INET6):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
