"""One event stream of a job, from its first byte until it breaks."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.servers import Answer, chunked, head

from .faults import AGAIN_WEIGHTS, NEVER, FaultRandom
from .script import JobScript

TICK_S = 0.25
LIFETIME_S = (0.0, 24.0)
LIMITLESS = 10**9
BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class LiveJob:
    """A job that sends the events of its script at their rate since `started_at`, a monotonic time."""

    script: JobScript
    started_at: float

    def events_so_far(self) -> int:
        """The number of events that the job has sent by now."""
        elapsed = time.monotonic() - self.started_at
        return min(len(self.script.events), 1 + int(elapsed * self.script.rate))

    def ended(self, for_s: float = 0.0) -> bool:
        """Whether the job ended at least `for_s` seconds ago; a negative `for_s` looks ahead."""
        return time.monotonic() - self.started_at >= self.script.duration_s + 1 + for_s


@dataclass(slots=True)
class BreakingStream:
    """The job's events from the index `start` on. It ends after a while by `break_kind`, or once `is_broken()`."""

    job: LiveJob
    start: int
    encoding: str
    break_kind: str
    rng: FaultRandom
    is_broken: Callable[[], bool]

    def answer(self) -> Answer:
        hold = NEVER if self.break_kind.startswith("stalled") else None
        answer = Answer([], reset=self.break_kind == "reset", hold=hold)
        answer.pieces = self._pieces(answer)
        return answer

    def _pieces(self, answer: Answer) -> Iterator[bytes]:
        packer = zlib.compressobj(wbits=31) if "gzip" in self.encoding else None
        in_chunks = "unchunked" not in self.encoding
        headers = {"Content_Type": "text/event-stream"}
        headers |= {"Content_Encoding": "gzip"} if packer else {}
        headers |= {"Transfer_Encoding": "chunked"} if in_chunks else {}
        yield head(**headers)
        is_complete = False
        for piece in self._body():
            if piece is None:
                is_complete = True
                # A stream that reached its end closes properly.
                answer.reset, answer.hold = False, None
                break
            data = packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH) if packer else piece
            yield from chunked(data, whole=False) if in_chunks else [data]
        if not is_complete:
            self.rng.count_fault(self.break_kind)
        if is_complete or self.break_kind == "clean close":
            rest = packer.flush() if packer else b""
            yield from chunked(rest) if in_chunks else [rest]

    def _body(self) -> Iterator[bytes | None]:
        """The pieces of the stream, the last of them cut; None as the last one if the job reached its end."""
        script, opened, lives_s = self.job.script, time.monotonic(), self.rng.seconds(*LIFETIME_S)
        frames_left = self.rng.number(0, 200) if self.rng.number(0, 3) == 0 else LIMITLESS
        yield BOM if self.rng.number(0, 4) == 0 else b""
        yield f"retry: {self.rng.number(100, 900)}\n\n".encode()
        index, tick = self.start, 0
        while True:
            while index < self.job.events_so_far() and frames_left:
                yield from self._in_pieces(event_frame(script, index))
                index, frames_left = index + 1, frames_left - 1
                self.rng.count_served("events")
                yield from self._again(index)
            if index == len(script.events) and self.job.ended() and script.ending != "polled":
                if script.ending != "terminal":
                    yield f"event: end{script.line_end}data: {{}}{script.line_end * 2}".encode()
                yield None
                return
            if self.is_broken() or not frames_left or time.monotonic() - opened > lives_s:
                break
            NEVER.wait(TICK_S)
            tick += 1
            yield from _noise(script, tick)
        if index < len(script.events):
            frame = event_frame(script, index)
            yield frame[: self._cut(frame)]

    def _again(self, sent: int) -> Iterator[bytes]:
        """Now and then, some of the latest `sent` events once more, if their ids can tell them from new ones."""
        kind = self.rng.choose(AGAIN_WEIGHTS)
        if kind != "once" and self.job.script.ids != "none":
            self.rng.count_fault(kind)
            for index in range(max(0, sent - self.rng.number(1, 5)), sent):
                yield event_frame(self.job.script, index)

    def _in_pieces(self, frame: bytes) -> list[bytes]:
        """The frame, now and then cut in two at any byte."""
        if self.rng.number(0, 3):
            return [frame]
        place = self.rng.number(1, len(frame) - 1)
        return [frame[:place], frame[place:]]

    def _cut(self, frame: bytes) -> int:
        """The length at which a frame is cut. The last two bytes are left out: without them it could be complete."""
        match self.break_kind:
            case "cut in a character":
                inside = [n for n in range(1, min(len(frame), 4_000)) if frame[n] & 0xC0 == 0x80]
                return self.rng.one_of(inside) if inside else len(frame) // 2
            case "cut between CR and LF":
                return self.rng.one_of([n for n, byte in enumerate(frame) if byte == 0x0A])
            case "clean close" | "stalled mid-stream" if self.rng.number(0, 1):
                return 0
        return self.rng.number(0, len(frame) - 3)


def event_frame(script: JobScript, index: int) -> bytes:
    """The bytes of the event at `index`, from 0, in the format of server-sent events."""
    name, data = script.events[index]
    event_id = script.event_id(index)
    lines = [f"id: {event_id}"] if event_id is not None else []
    lines += [f"event: {name}", *(f"data: {line}" for line in data.split("\n")), "", ""]
    return script.line_end.join(lines).encode()


def _noise(script: JobScript, tick: int) -> Iterator[bytes]:
    """Comments, pings and unknown events between the job's events."""
    if tick % 12 == 0:
        yield f": keep-alive{script.line_end * 2}".encode()
    elif tick % 20 == 0:
        yield f"event: ping{script.line_end}data: {{}}{script.line_end * 2}".encode()
    elif tick % 33 == 0:
        yield f"event: status{script.line_end}data: not JSON{script.line_end * 2}".encode()
