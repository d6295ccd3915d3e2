"""An ASGI app on a real server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from tests.waiting import wait_until

TIMEOUT_S = 30.0


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve the app on a free port. Yields its address: host and port."""
    # Streamlit chooses the same implementation of websockets.
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="websockets-sansio"))
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),))
    thread.start()
    try:
        wait_until(lambda: server.started, what="the server's start")
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()
