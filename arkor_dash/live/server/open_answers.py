"""Ends the answers that are still being sent when the server ends, such as large downloads.

uvicorn would wait until each of them is complete, which may take hours, or forever if a source hangs.
"""

from __future__ import annotations

import socket

import uvicorn

GRACE_S = 1
"""Seconds that an answer still has."""


def end_open_answers_soon() -> None:
    """Have uvicorn cancel what is still being sent `GRACE_S` after its end has begun.

    It belongs before the start of the server: uvicorn imports the app before that.
    """
    startup = uvicorn.Server.startup

    async def startup_with_limit(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        if server.config.timeout_graceful_shutdown is None:
            server.config.timeout_graceful_shutdown = GRACE_S
        await startup(server, sockets)

    uvicorn.Server.startup = startup_with_limit  # type: ignore[method-assign, assignment]
