"""A Studio whose answers the test sets, for a real dashboard."""

from __future__ import annotations

import itertools
import queue
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.servers.scripted import Answer, Request, chunked, head, json_answer, sse

Stream = bytes | queue.Queue[bytes | None]
NASTY = "<script>alert(1)</script> **bold** [link](https://evil.example) :smile: $x^2$ `code`"
"""A name that must be shown as text."""
STREAM_TIMEOUT_S = 300.0
KEEP_ALIVE_S = 5.0
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def job(name: str = "a run", status: str = "completed", **fields: object) -> dict[str, object]:
    """A job of the list with a new id, created at noon UTC."""
    return {
        "id": f"job_{next(_numbers):04}",
        "name": name,
        "status": status,
        "createdAt": iso(NOON),
        "startedAt": iso(NOON + timedelta(seconds=2)),
        "completedAt": iso(NOON + timedelta(seconds=67)),
        "error": None,
        **fields,
    }


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def log(step: object, **fields: object) -> tuple[str, object]:
    return "training.log", {"type": "training.log", "timestamp": iso(NOON), "step": step, **fields}


def sse_body(events: Iterable[tuple[str, object]]) -> bytes:
    """The bytes of an event stream, with ids from 1."""
    return b"".join(sse(name, data, number) for number, (name, data) in enumerate(events, start=1))


@dataclass
class Studio:
    """The server's answers: `jobs`, `streams` by job id, and `jobs_answer` instead of the list if it is set.

    A stream is bytes, after which it ends; or a queue of bytes, which stays open until the queue yields None; or
    another answer.
    """

    jobs: list[dict[str, object]] = field(default_factory=list)
    jobs_answer: Answer | None = None
    streams: dict[str, Stream | Answer] = field(default_factory=dict)
    output: bytes = b""
    trailer: bytes = b"\n---\nexit=0\n"
    manifest: Answer | None = None
    manifest_requests: int = 0
    list_requests: int = 0

    def add(self, entry: dict[str, object], stream: Stream = b"") -> str:
        job_id = str(entry["id"])
        self.jobs.insert(0, entry)
        self.streams[job_id] = stream
        return job_id

    def respond(self, request: Request) -> Answer:
        path = request.target.partition("?")[0]
        if path == "/api/jobs":
            self.list_requests += 1
            return self.jobs_answer or json_answer({"jobs": self.jobs})
        if path == "/api/manifest":
            self.manifest_requests += 1
            return self.manifest or json_answer({"trainer": {"name": "scripted"}})
        if path == "/api/train" and request.method == "POST":
            start = head(Content_Type="text/plain; charset=utf-8", Transfer_Encoding="chunked")
            return Answer([start, *chunked(self.output, self.trailer)])
        job_id = path.removeprefix("/api/jobs/").removesuffix("/events")
        if job_id in self.streams:
            stream = self.streams[job_id]
            return stream if isinstance(stream, Answer) else Answer(_stream(stream))
        if request.method != "GET":  # as `arkor dev` answers where it has no route
            return Answer(
                [head("404 Not Found", Content_Type="text/plain", Content_Length="9"), b"Not found"]
            )
        return json_answer({"error": "Not found"}, "404 Not Found")


def _stream(stream: Stream) -> Iterator[bytes]:
    yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
    if isinstance(stream, bytes):
        yield from chunked(stream)
        return
    deadline = time.monotonic() + STREAM_TIMEOUT_S  # a test may leave its stream open
    while time.monotonic() < deadline:
        try:
            piece = stream.get(timeout=KEEP_ALIVE_S)
        except queue.Empty:
            piece = b": still here\n\n"
        else:
            deadline = time.monotonic() + STREAM_TIMEOUT_S
        if piece is None:
            break
        yield b"".join(chunked(piece, whole=False))
    yield b"0\r\n\r\n"
