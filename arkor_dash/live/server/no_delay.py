"""Has the server send small messages at once.

Streamlit's listening socket names no protocol, so asyncio does not set TCP_NODELAY on accepted connections. A small
message then waits until the browser has acknowledged the one before, which may take 40 ms.
"""

from __future__ import annotations

import socket

import uvicorn


def send_small_messages_at_once() -> None:
    """Have uvicorn set TCP_NODELAY on the sockets that it is given to listen on. Accepted connections inherit it.

    It belongs before the start of the server: uvicorn imports the app before that.
    """
    startup = uvicorn.Server.startup

    async def startup_without_delay(
        server: uvicorn.Server, sockets: list[socket.socket] | None = None
    ) -> None:
        for each in sockets or ():
            if each.family in (socket.AF_INET, socket.AF_INET6):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await startup(server, sockets)

    uvicorn.Server.startup = startup_without_delay  # type: ignore[method-assign, assignment]
