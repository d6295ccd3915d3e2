"""One HTTP request and its answer, on a connection of its own that any thread may cut."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from arkor_dash.errors import BadAnswerError, SourceError, SourceUnavailableError

from .failures import refusal, unreachable
from .request import Request

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 30.0
ANSWER_LIMIT = 64 * 1024 * 1024
PIECE = 64 * 1024
# Its warning of a head that can't be parsed quotes that head, in which a server may repeat the token.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)

KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""After how many seconds of silence the system asks whether the peer is there (by Linux's name for it, and by
macOS's), how many it waits, and how often it asks. A run may say nothing for hours; nobody should wait as long for
one whose machine is gone."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Exchange:
    """A request under way. Nothing is kept for the next one: no pool, no cookies, nothing to share.

    Servers close an idle connection after about the five seconds between two polls, so a pool would save
    nothing and lose races with them.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._adapter = _CuttableAdapter()
        self._session = _session(request.url, self._adapter)
        self._response: requests.Response | None = None

    def send(self) -> requests.Response:
        """The answer's head, its body unread. Raises: SourceError: there is none, or it is no success."""
        request = self._request
        try:
            response = self._session.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=request.body,
                timeout=(CONNECT_TIMEOUT_S, request.read_timeout_s),
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise unreachable(request.who, error) from None
        self._response = response
        if request.heed is not None:
            request.heed(response.headers)
        if response.status_code not in request.success:
            raise self._refusal(response)
        return response

    def pieces(self) -> Iterator[bytes]:
        """The body as it arrives. Raises: SourceUnavailableError: it broke off, or fell silent."""
        if self._response is None:
            raise RuntimeError("send() comes first")
        raw = self._response.raw
        try:
            # read1 hands on what is there; requests' own iteration waits until a piece is full.
            while piece := raw.read1(PIECE, decode_content=True):
                yield piece
        except (HTTPError, OSError) as error:
            raise unreachable(self._request.who, error) from None

    def body(self, limit: int = ANSWER_LIMIT, within_s: float = ANSWER_TIMEOUT_S) -> bytes:
        """The whole body. Raises: BadAnswerError: it has over `limit` bytes, or takes over `within_s`."""
        deadline = time.monotonic() + within_s
        body = bytearray()
        for piece in self.pieces():
            body += piece
            if len(body) > limit:
                raise BadAnswerError(f"{self._request.who} sent more than {limit // 1024:,} KiB at once.")
            if time.monotonic() > deadline:
                raise BadAnswerError(f"{self._request.who} took more than {within_s:g} s to answer.")
        return bytes(body)

    def cut(self) -> None:
        """Release whoever waits for this exchange. Any thread, any time."""
        self._adapter.cut()

    def close(self) -> None:
        """Free the connection. Only for the thread that uses the exchange."""
        self._adapter.cut()
        if self._response is not None:
            self._response.close()
        self._session.close()

    def _refusal(self, response: requests.Response) -> SourceError:
        if response.status_code == 404 and self._request.not_found is not None:
            return self._request.not_found
        try:
            body = self.body(limit=PIECE)
        except SourceError:
            body = b""
        return refusal(self._request, response.status_code, response.headers, body)


def fetch(request: Request, within_s: float = ANSWER_TIMEOUT_S) -> bytes:
    """The body of the answer to `request`.

    Args: within_s: what the answer may take beyond the request's longest silence, should it drip in byte by byte.
    Raises: SourceError.
    """
    exchange, too_slow = Exchange(request), threading.Event()
    limit_s = (request.read_timeout_s or 0.0) + within_s

    def give_up() -> None:
        too_slow.set()  # first: who is cut off looks at it at once
        exchange.cut()

    timer = threading.Timer(limit_s, give_up)
    timer.start()
    body = b""
    try:
        exchange.send()
        body = exchange.body()
    except SourceError:
        if not too_slow.is_set():
            raise
    finally:
        timer.cancel()
        exchange.close()
    if too_slow.is_set():  # a head that was cut off reads like a whole one
        raise SourceUnavailableError(f"{request.who} took more than {limit_s:g} s to answer.")
    return body


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK


def _session(url: str, adapter: HTTPAdapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = not is_loopback(url)  # a proxy can't reach this machine's own loopback
    session.auth = _no_auth  # without it, requests would send what ~/.netrc holds for the host
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _CuttableAdapter(HTTPAdapter):
    """Knows the sockets of its connections from the moment they are open.

    A response can be closed only once its head is there, and closing it waits for the thread that reads it.
    Shutting the socket down ends every wait at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(_connection, pool.ConnectionCls, self._opened)
        return pool

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            for opened in self._sockets:
                _shut_down(opened)
            self._sockets.clear()

    def _opened(self, opened: socket.socket) -> None:
        with self._lock:
            if self._is_cut:
                _shut_down(opened)
            else:
                self._sockets.append(opened)


def _connection(
    kind: type[HTTPConnection], opened: Callable[[socket.socket], None], **kwargs: Any
) -> HTTPConnection:
    kwargs["socket_options"] = [*HTTPConnection.default_socket_options, *_keep_alive()]
    connection = kind(**kwargs)
    connect = connection.connect

    def connect_and_tell() -> None:
        connect()
        opened(connection.sock)

    connection.connect = connect_and_tell  # type: ignore[method-assign]
    return connection


def _keep_alive() -> Iterator[tuple[int, int, int]]:
    yield socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1
    for name, value in KEEP_ALIVE.items():
        if hasattr(socket, name):  # each system knows some of them
            yield socket.IPPROTO_TCP, getattr(socket, name), value


def _shut_down(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):  # closed already
        opened.shutdown(socket.SHUT_RDWR)
