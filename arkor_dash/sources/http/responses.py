"""Responses that pass over interim ones, and whose reader is called when nothing arrives."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from collections.abc import Callable
from typing import Any

from urllib3.util import wait_for_read

INTERIM_RESPONSES = 100
"""The most interim responses (103 Early Hints and others) that may precede a response."""


class SilenceHandler:
    """Is called in the reading thread each time a connection's read timeout has passed without a byte.

    `call` is None for a connection on which the first such silence is an error.
    """

    call: Callable[[], None] | None = None


class FinalResponse(http.client.HTTPResponse):
    """A response, without the interim ones before it. http.client itself passes over 100 only.

    Source: RFC 9110, 15.2. 101 is final: another protocol follows.
    """

    def __init__(self, on_silence: SilenceHandler, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # A TLS connection through a TLS proxy is no socket, and does not tell how much it has decrypted already.
        if isinstance(sock, socket.socket):
            self.fp = io.BufferedReader(_WatchedSocket(self.fp.detach(), sock, on_silence))

    def begin(self) -> None:
        super().begin()
        for _ in range(INTERIM_RESPONSES):
            if not 101 < self.status < 200:
                return
            self.headers = None  # type: ignore[assignment] # otherwise `begin` takes the response for read
            super().begin()
        raise http.client.HTTPException("too many interim responses")


class _WatchedSocket(io.RawIOBase):
    """The bytes of a socket. After a timeout of its own, a socket's file could not be read any more."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, on_silence: SilenceHandler) -> None:
        self._raw = raw
        self._sock = sock
        self._on_silence = on_silence

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        while self._on_silence.call is not None and not has_data(self._sock, self._sock.gettimeout()):
            self._on_silence.call()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def has_data(sock: socket.socket, timeout_s: float | None) -> bool:
    """Whether a read would return at once, or does within `timeout_s`."""
    has_decrypted = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
    return has_decrypted or wait_for_read(sock, timeout_s)
