"""What is set up on uvicorn's server right before it starts. The app can ask for it, as uvicorn imports it before."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import uvicorn


def before_start(set_up: Callable[[uvicorn.Server, Sequence[socket.socket]], None]) -> None:
    """Have `set_up` called with each server that starts, and with the sockets that it was given to listen on."""
    startup = uvicorn.Server.startup

    async def set_up_and_start(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        set_up(server, sockets or ())
        await startup(server, sockets)

    uvicorn.Server.startup = set_up_and_start  # type: ignore[method-assign, assignment]
