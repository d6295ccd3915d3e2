"""One HTTP request and its response, on a connection of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from arkor_dash.access.hosts import read_ip
from arkor_dash.errors import BadAnswerError, SourceError, SourceUnavailableError

from .connections import AbortableAdapter
from .failures import connection_error, status_error
from .request import Request

CONNECT_TIMEOUT_S = 5.0
BODY_TIMEOUT_S = 30.0
SECRETS_LIMIT = 3
"""The most secrets that a request is sent with, one after the other."""
BODY_LIMIT = 64 * 1024 * 1024
PIECE = 64 * 1024
# urllib3 warns of headers that it can't parse and quotes them. A server may repeat the token in them.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class Exchange:
    """A request and its response. Only `abort` may be called by another thread.

    There is no connection pool. Servers close an idle connection after about 5 s, which is also the polling interval.
    So a pool would save little, and would send requests on connections that are just being closed.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._adapter = AbortableAdapter()
        self._session = _session(request.url, self._adapter)
        self._response: requests.Response | None = None

    def send(self) -> requests.Response:
        """The response, its body unread. Raises: SourceError: there is none, or its status is not a success."""
        sent = []
        while True:
            response = self._send_once()
            request = self._request
            if response.status_code not in {401, 403} or request.other_secret is None:
                break
            sent.append(request.secret)
            other = request.other_secret(sent) if len(sent) < SECRETS_LIMIT else None
            if other is None:
                break
            response.close()
            self._request = request.with_secret(other)
        if response.status_code not in request.success:
            raise self._status_error(response)
        return response

    def without_secret(self, text: str) -> str:
        """A text from the server, safe to show."""
        return self._request.without_secret(text)

    def _send_once(self) -> requests.Response:
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
            raise connection_error(request.server, error) from None
        self._response = response
        if request.on_headers is not None:
            request.on_headers(response.headers)
        return response

    def pieces(self) -> Iterator[bytes]:
        """The body in pieces, each as soon as it arrives.

        Raises: SourceUnavailableError: the connection broke, or the read timeout passed.
        """
        if self._response is None:
            raise RuntimeError("call send() before pieces()")
        raw = self._response.raw
        try:
            # read1 returns the bytes that have arrived. The iterator of requests would wait until a piece is full.
            while piece := raw.read1(PIECE, decode_content=True):
                yield piece
        except (HTTPError, OSError) as error:
            raise connection_error(self._request.server, error) from None

    def has_data(self) -> bool:
        """Whether bytes have arrived that were not read yet."""
        return self._adapter.has_data()

    def watch_silence(self, on_silence: Callable[[], None]) -> None:
        """Call `on_silence` in `pieces` each time the read timeout has passed without a byte. It is no error then."""
        self._adapter.on_silence.call = on_silence

    def body(self, limit: int = BODY_LIMIT, timeout_s: float = BODY_TIMEOUT_S) -> bytes:
        """The whole body.

        Raises: BadAnswerError: it has more than `limit` bytes, or takes longer than `timeout_s`. SourceError.
        """
        deadline = time.monotonic() + timeout_s
        body = bytearray()
        for piece in self.pieces():
            body += piece
            if len(body) > limit:
                raise BadAnswerError(f"{self._request.server} sent more than {limit // 1024:,} KiB at once.")
            if time.monotonic() > deadline:
                raise BadAnswerError(f"{self._request.server} took more than {timeout_s:g} s to answer.")
        return bytes(body)

    def abort(self) -> None:
        """End the exchange from any thread, at any time. A blocked `send` or `pieces` raises at once."""
        self._adapter.abort()

    def close(self) -> None:
        """Free the connection. Only for the thread that uses the exchange."""
        self._adapter.on_silence.call = None  # it may refer to this exchange
        self._adapter.abort()
        if self._response is not None:
            self._response.close()
        self._session.close()

    def _status_error(self, response: requests.Response) -> SourceError:
        if response.status_code == 404 and self._request.not_found is not None:
            return self._request.not_found
        try:
            body = self.body(limit=PIECE)
        except SourceError:
            body = b""
        return status_error(self._request, response.status_code, response.headers, body)


def fetch(request: Request, body_timeout_s: float = BODY_TIMEOUT_S, limit: int = BODY_LIMIT) -> bytes:
    """The body of the response to `request`.

    Args: body_timeout_s: added to the read timeout, it limits the whole exchange. The read timeout alone would not
        end a response that arrives byte by byte.
    Raises: BadAnswerError: the body has more than `limit` bytes. SourceError.
    """
    exchange, timed_out = Exchange(request), threading.Event()
    timeout_s = (request.read_timeout_s or 0.0) + body_timeout_s

    def time_out() -> None:
        timed_out.set()  # before the abort, since the reader checks it right after
        exchange.abort()

    timer = threading.Timer(timeout_s, time_out)
    timer.daemon = True
    timer.start()
    body = b""
    try:
        exchange.send()
        body = exchange.body(limit)
    except SourceError:
        if not timed_out.is_set():
            raise
    finally:
        timer.cancel()
        exchange.close()
    if timed_out.is_set():  # also after a success: truncated headers can look complete
        raise SourceUnavailableError(f"{request.server} took more than {timeout_s:g} s to answer.")
    return body


def is_loopback(url: str) -> bool:
    """Whether a connection to the URL stays on this machine: a loopback address, or `0.0.0.0`, which leads to one."""
    name = (urlsplit(url).hostname or "").removesuffix(".")
    address = read_ip(name)
    return name == "localhost" or (address is not None and (address.is_loopback or address.is_unspecified))


def _session(url: str, adapter: HTTPAdapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = not is_loopback(url)  # a proxy can't reach this machine's own loopback
    session.auth = _no_auth  # otherwise requests sends the password that ~/.netrc has for the host
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
