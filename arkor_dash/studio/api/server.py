"""The web server of the Studio. It reports when it is ready, and ends open streams when it stops."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator

import uvicorn

from arkor_dash.studio.studio import Studio

from .app import create_app

LOOPBACK = "127.0.0.1"
IDLE_CONNECTION_S = 75
HEADERS_LIMIT = 64 * 1024
"""Bytes of the address and the headers of a request. The address with the names of metrics is the longest one."""
LAST_ANSWERS_S = 2


def bind(port: int) -> socket.socket:
    """A listening socket on loopback. For port 0, the system chooses a free port.

    Accepted connections inherit TCP_NODELAY; asyncio does not set it, as this socket names no protocol. Without it,
    a small answer waits until the client has acknowledged the one before, which may take 40 ms.

    Raises: OSError: the port is taken.
    """
    listener = socket.create_server((LOOPBACK, port), backlog=128)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class StudioServer(uvicorn.Server):
    """Serves until `stop` is called. Then it stops the Studio first, so that all streams end by themselves."""

    def __init__(self, studio: Studio, on_ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            create_app(studio),
            http="h11",
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_level="warning",
            # A stream's URL may hold the token.
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=HEADERS_LIMIT,
            timeout_keep_alive=IDLE_CONNECTION_S,
            timeout_graceful_shutdown=LAST_ANSWERS_S,
        )
        super().__init__(config)
        self._studio = studio
        self._on_ready = on_ready

    def stop(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # Only the main thread can handle signals. A server in another thread is stopped by its owner.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self.stop)
        self._studio.start()
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._studio.stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # The base class raises the signal again at the end. The process would then not exit with 0.
        yield


def stop_with_stdin(server: StudioServer) -> None:
    """Stop the server when standard input ends, which means that the parent process has ended."""

    def wait_for_end() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        server.stop()

    threading.Thread(target=wait_for_end, name="stdin", daemon=True).start()
