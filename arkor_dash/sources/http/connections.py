"""Connections that any thread can shut down, and that detect a dead peer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from .responses import FinalResponse, SilenceHandler, has_data

KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""TCP keep-alive: seconds of idle time before the first probe (the first two keys are its names on Linux and on
macOS), seconds between probes, number of probes. A run may print nothing for hours. Without probes, a reader would
not notice in that time that the other machine is gone."""
_adapters: WeakSet[AbortableAdapter] = WeakSet()
_adapters_lock = threading.Lock()
_has_ended = threading.Event()


class AbortableAdapter(HTTPAdapter):
    """An adapter for requests that keeps its sockets, so that they can be shut down.

    urllib3's own `HTTPResponse.shutdown()` is not enough: there is no response before the headers have arrived, and
    the wait for them has to be interruptible, too.

    Attributes: on_silence: its `call` may be set once the headers have arrived.
    """

    def __init__(self) -> None:
        self.on_silence = SilenceHandler()
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_aborted = False
        super().__init__()
        with _adapters_lock:
            _adapters.add(self)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(_connection, pool.ConnectionCls, self._connected, self.on_silence)
        return pool

    def abort(self) -> None:
        """Shut down all sockets, also those that connect later. A blocked reader returns at once. Thread-safe."""
        with self._lock:
            self._is_aborted = True
            for sock in self._sockets:
                _shut_down(sock)
            self._sockets.clear()

    def has_data(self) -> bool:
        """Whether an open connection has bytes that were not read yet."""
        with self._lock:
            # The connection of an answer that was not used, such as a 403, is closed already.
            return any(has_data(sock, 0.0) for sock in self._sockets if sock.fileno() >= 0)

    def _connected(self, sock: socket.socket) -> None:
        with self._lock:
            if self._is_aborted or _has_ended.is_set():
                _shut_down(sock)
            else:
                self._sockets.append(sock)


def abort_all_requests() -> None:
    """Abort every request to a source, and each that begins later.

    For the end of the process: the interpreter waits for threads that may still wait for an answer.
    """
    _has_ended.set()
    with _adapters_lock:
        adapters = list(_adapters)
    for adapter in adapters:
        adapter.abort()


def _connection(
    kind: type[HTTPConnection],
    on_connected: Callable[[socket.socket], None],
    on_silence: SilenceHandler,
    **kwargs: Any,
) -> HTTPConnection:
    """A connection with TCP keep-alive that passes its socket to `on_connected`."""
    kwargs["socket_options"] = [*HTTPConnection.default_socket_options, *_keep_alive_options()]
    connection = kind(**kwargs)
    connect = connection.connect

    def connect_and_report() -> None:
        connect()
        on_connected(connection.sock)

    connection.response_class = partial(FinalResponse, on_silence)  # type: ignore[assignment]
    connection.connect = connect_and_report  # type: ignore[method-assign]
    return connection


def _keep_alive_options() -> Iterator[tuple[int, int, int]]:
    yield socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1
    for name, value in KEEP_ALIVE.items():
        if hasattr(socket, name):  # which of them exist depends on the system
            yield socket.IPPROTO_TCP, getattr(socket, name), value


def _shut_down(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is closed already
        connected.shutdown(socket.SHUT_RDWR)
