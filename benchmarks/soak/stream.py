"""One stream of a job, as it goes on the wire until it breaks."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.servers import Answer, chunked, head

from .faults import NEVER, Chance
from .script import Script

TICK_S = 0.25
LIFETIME_S = (0.0, 24.0)
LIMITLESS = 10**9
BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class LiveJob:
    script: Script
    started_at: float

    def said(self) -> int:
        """How many of its events there are by now."""
        elapsed = time.monotonic() - self.started_at
        return min(len(self.script.events), 1 + int(elapsed * self.script.rate))

    def ended(self, for_s: float = 0.0) -> bool:
        """A second after its last event; `for_s` < 0 asks ahead."""
        return time.monotonic() - self.started_at >= self.script.duration_s + 1 + for_s


@dataclass(slots=True)
class BreakingStream:
    """The job's events from `start` on, in this `coding`, until `midway` breaks it or `is_broken` says so."""

    job: LiveJob
    start: int
    coding: str
    midway: str
    chance: Chance
    is_broken: Callable[[], bool]

    def answer(self) -> Answer:
        hold = NEVER if self.midway.startswith("silence") else None
        answer = Answer([], reset=self.midway == "reset", hold=hold)
        answer.pieces = self._pieces(answer)
        return answer

    def _pieces(self, answer: Answer) -> Iterator[bytes]:
        packer = zlib.compressobj(wbits=31) if "gzip" in self.coding else None
        in_chunks = "unchunked" not in self.coding
        headers = {"Content_Type": "text/event-stream"}
        headers |= {"Content_Encoding": "gzip"} if packer else {}
        headers |= {"Transfer_Encoding": "chunked"} if in_chunks else {}
        yield head(**headers)
        whole = False
        for piece in self._body():
            if piece is None:
                whole = True
                # What is over was not broken, and ends as it should.
                answer.reset, answer.hold = False, None
                break
            data = packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH) if packer else piece
            yield from chunked(data, whole=False) if in_chunks else [data]
        if not whole:
            self.chance.fault(self.midway)
        if whole or self.midway == "clean close":
            rest = packer.flush() if packer else b""
            yield from chunked(rest) if in_chunks else [rest]

    def _body(self) -> Iterator[bytes | None]:
        """The stream as long as it lives, and what it breaks off with; None where it came to its own end."""
        said, opened, lives_s = self.job.script, time.monotonic(), self.chance.seconds(*LIFETIME_S)
        frames_left = self.chance.number(0, 200) if self.chance.number(0, 3) == 0 else LIMITLESS
        yield BOM if self.chance.number(0, 4) == 0 else b""
        yield f"retry: {self.chance.number(100, 900)}\n\n".encode()
        index, tick = self.start, 0
        while True:
            while index < self.job.said() and frames_left:
                yield from self._in_pieces(framed(said, index))
                index, frames_left = index + 1, frames_left - 1
                self.chance.serve("events")
            if index == len(said.events) and self.job.ended() and said.ending != "polled":
                if said.ending != "terminal":
                    yield f"event: end{said.line_end}data: {{}}{said.line_end * 2}".encode()
                yield None
                return
            if self.is_broken() or not frames_left or time.monotonic() - opened > lives_s:
                break
            NEVER.wait(TICK_S)
            tick += 1
            yield from _noise(said, tick)
        if index < len(said.events):
            frame = framed(said, index)
            yield frame[: self._cut(frame)]

    def _in_pieces(self, frame: bytes) -> list[bytes]:
        """The frame as it is, or now and then in two pieces, whatever the first one ends in."""
        if self.chance.number(0, 3):
            return [frame]
        place = self.chance.number(1, len(frame) - 1)
        return [frame[:place], frame[place:]]

    def _cut(self, frame: bytes) -> int:
        """Where to break off in a frame. One of which only the last line feed is missing is whole."""
        match self.midway:
            case "cut in a character":
                inside = [n for n in range(1, min(len(frame), 4_000)) if frame[n] & 0xC0 == 0x80]
                return self.chance.one_of(inside) if inside else len(frame) // 2
            case "cut between CR and LF":
                return self.chance.one_of([n for n, byte in enumerate(frame) if byte == 0x0A])
            case "clean close" | "silence in mid-stream" if self.chance.number(0, 1):
                return 0
        return self.chance.number(0, len(frame) - 3)


def framed(said: Script, index: int) -> bytes:
    """The event at `index`, counted from 0, as it goes on the wire."""
    name, data = said.events[index]
    event_id = said.event_id(index)
    lines = [f"id: {event_id}"] if event_id is not None else []
    lines += [f"event: {name}", *(f"data: {line}" for line in data.split("\n")), "", ""]
    return said.line_end.join(lines).encode()


def _noise(said: Script, tick: int) -> Iterator[bytes]:
    """What is on a stream beside its events."""
    if tick % 12 == 0:
        yield f": keep-alive{said.line_end * 2}".encode()
    elif tick % 20 == 0:
        yield f"event: ping{said.line_end}data: {{}}{said.line_end * 2}".encode()
    elif tick % 33 == 0:
        yield f"event: status{said.line_end}data: not JSON{said.line_end * 2}".encode()
