"""An HTTP server on a free loopback port whose answers a test scripts byte by byte."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

IO_TIMEOUT_S = 60.0
"""How long a request or the sending of a piece may take."""


@dataclass(frozen=True)
class Request:
    """A received request. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Answer:
    """The bytes to send, piece by piece.

    `reset`: close the connection with RST instead of FIN. `hold`: keep it open without data until this is set.
    """

    pieces: Iterable[bytes]
    reset: bool = False
    hold: threading.Event | None = None


def chunked(*pieces: bytes, whole: bool = True) -> list[bytes]:
    """The pieces as HTTP chunks. `whole` adds the last, empty chunk, without which the body is incomplete."""
    wire = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece]
    return [*wire, b"0\r\n\r\n"] if whole else wire


def head(status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def json_answer(payload: object, status: str = "200 OK", **headers: str) -> Answer:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Answer(
        [head(status, Content_Type="application/json", Content_Length=str(len(body)), **headers) + body]
    )


def dripping(until: threading.Event) -> Iterator[bytes]:
    """An answer that comes a byte at a time, which holds off read timeouts, until the event is set."""
    yield b"HTTP/1.1 503 Service Unavailable\r\nX-Padding: "
    while not until.wait(0.2):
        yield b"x"
    yield b"\r\nContent-Length: 0\r\n\r\n"


def html_answer(text: str) -> Answer:
    body = text.encode()
    return Answer([head(Content_Type="text/html", Content_Length=str(len(body))) + body])


def sse_answer(
    *pieces: bytes, whole: bool = True, reset: bool = False, hold: threading.Event | None = None
) -> Answer:
    """An event stream of these pieces. If it is not `whole`, it breaks off after them."""
    start = head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
    return Answer([start, *chunked(*pieces, whole=whole)], reset=reset, hold=hold)


def sse(name: str, data: object, event_id: object = None) -> bytes:
    """One event as a Studio sends it."""
    lines = [f"id: {event_id}"] if event_id is not None else []
    lines += [f"event: {name}", f"data: {data if isinstance(data, str) else json.dumps(data)}"]
    return ("\n".join(lines) + "\n\n").encode()


Respond = Callable[[Request], Answer]


@dataclass
class ScriptedServer:
    """Answers each request with `respond`, in a thread of its own. Each connection has one request.

    `requests`: the requests so far. `open_connections`: how many connections the client has not closed.
    `respond_in_columns`: answers the requests for events in columns, which `requests` leaves out. Without it the
    server is an older Studio, which has no such route.
    """

    respond: Respond
    respond_in_columns: Respond | None = None
    requests: list[Request] = field(default_factory=list)
    open_connections: int = 0

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # the client has closed it already
                    connection.shutdown(socket.SHUT_RDWR)
            threads = list(self._threads)
        for thread in threads:
            thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def listen(self) -> None:
        """Accept connections, on the same port as before."""
        self._threads: list[threading.Thread] = getattr(self, "_threads", [])
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def refuse(self) -> None:
        """Close the port, so that new connections are refused."""
        if self._listener is not None:
            # close() alone would leave the accepting thread in its call.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name="scripted-server", daemon=True)
        with self._lock:
            self._threads = [known for known in self._threads if known.is_alive()]
            self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)
            self.open_connections += 1
        try:
            connection.settimeout(IO_TIMEOUT_S)
            request = _read_request(connection)
            if request is not None:
                self._send(connection, self._answer(request))
        except OSError:
            pass  # the client has closed the connection
        finally:
            with self._lock:
                self._connections.discard(connection)
                self.open_connections -= 1
            connection.close()

    def _answer(self, request: Request) -> Answer:
        if "/stretches?" in request.target:
            respond = self.respond_in_columns
            return respond(request) if respond else json_answer({"error": "Not found"}, "404 Not Found")
        self.requests.append(request)
        return self.respond(request)

    def _send(self, connection: socket.socket, answer: Answer) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in answer.pieces:
            connection.sendall(piece)
        if answer.hold is not None:
            _hold(connection, answer.hold)
        if answer.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _hold(connection: socket.socket, until: threading.Event) -> None:
    """Send nothing until `until` is set or the client closes the connection."""
    connection.settimeout(0.02)
    while not until.is_set():
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            continue


def _read_request(connection: socket.socket) -> Request | None:
    reader = connection.makefile("rb")
    first = reader.readline().decode("latin-1").split(" ")  # has a limit: the connection's timeout
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while line := reader.readline().decode("latin-1").strip():  # has a limit: the connection's timeout
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", "0")))
    reader.close()
    return Request(first[0], first[1], headers, body)
