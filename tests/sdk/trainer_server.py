"""A server with the Studio's two routes for a trainer, on a real port, which can simulate faults."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "run-token"


class TrainerServer:
    """Stores events by the rules of the Studio.

    While `fault` is set, it answers with that fault instead. A number is an HTTP status. `"hang"` does not answer.
    `"lose"` stores the events, but closes the connection instead of answering.
    """

    def __init__(self, port: int = 0, stored: list[dict[str, Any]] | None = None) -> None:
        self.stored: list[dict[str, Any]] = [] if stored is None else stored
        self.announced: list[dict[str, Any]] = []
        self.batch_sizes: list[int] = []
        self.requests = 0
        self.fault: int | str | None = None
        self.faults_left = 10**9
        self.most_events: int | None = None
        self.retry_after: str | None = None
        self._released = threading.Event()
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._released.set()
        self._http.shutdown()
        self._http.server_close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(30)

    @property
    def sequence(self) -> list[int]:
        return [event["seq"] for event in self.stored]

    def of(self, name: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.stored if event["event"] == name]

    def store(self, events: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        with self._lock:
            for event in events:
                if event["seq"] == len(self.stored) + 1:
                    self.stored.append(event)
                elif event["seq"] > len(self.stored):
                    return 409, {"error": "a gap", "acknowledged": len(self.stored)}
            return 200, {"acknowledged": len(self.stored)}

    def _take_fault(self) -> int | str | None:
        with self._lock:
            self.requests += 1
            if self.fault is None or self.faults_left == 0:
                return None
            self.faults_left -= 1
            return self.fault

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805  # the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                server._connections.add(self.connection)

            def finish(self) -> None:
                server._connections.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

            def do_PUT(self) -> None:
                self._respond()

            def do_POST(self) -> None:
                self._respond()

            def log_message(self, *_: object) -> None:
                pass

            def _respond(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fault = server._take_fault()
                if fault == "hang":
                    server._released.wait(120)
                    self.close_connection = True
                elif isinstance(fault, int):
                    self._answer(fault, {"error": "simulated fault"})
                elif self.headers["X-Arkor-Studio-Token"] != TOKEN:
                    self._answer(403, {"error": "no"})
                elif self.command == "PUT":
                    server.announced.append(body)
                    self._answer(200, {"job": {}})
                elif server.most_events is not None and len(body["events"]) > server.most_events:
                    self._answer(413, {"error": "too large"})
                else:
                    server.batch_sizes.append(len(body["events"]))
                    answer = server.store(body["events"])
                    if fault == "lose":
                        self.close_connection = True
                    else:
                        self._answer(*answer)

            def _answer(self, status: int, payload: object) -> None:
                body = json.dumps(payload).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if server.retry_after is not None:
                    self.send_header("Retry-After", server.retry_after)
                self.end_headers()
                self.wfile.write(body)

        return Handler
