"""A Studio that trains without end and breaks every stream it serves: `python -m benchmarks.soak.server`.

One line of JSON on stdout names its address; when stdin ends, another one has the counts.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers import Answer, ScriptedServer, Seen, chunked, head, json_answer

from .script import Script, script

TICK_S = 0.25
NEVER = threading.Event()
LISTED = 60
LIFETIME_S = (0.0, 24.0)
AWAY_S = (1.0, 20.0)
LATE_TOKEN_S = (0.5, 3.0)

INSTEAD: dict[str, tuple[int, Callable[[], Answer]]] = {
    "503": (2, lambda: json_answer({"error": "later"}, "503 Service Unavailable")),
    "503 with Retry-After": (2, lambda: json_answer({}, "503 Service Unavailable", Retry_After="2")),
    "429 with Retry-After": (2, lambda: json_answer({}, "429 Too Many Requests", Retry_After="3")),
    "502 as a web page": (
        1,
        lambda: Answer([head("502 Bad Gateway", Content_Type="text/html", Content_Length="2"), b"<p"]),
    ),
    "200 as a web page": (1, lambda: Answer([head(Content_Type="text/html", Content_Length="2"), b"<p"])),
    "closed without a word": (1, lambda: Answer([])),
    "reset without a word": (1, lambda: Answer([], reset=True)),
    "silence instead of an answer": (1, lambda: Answer([], hold=NEVER)),
    "410": (1, lambda: json_answer({"error": "Gone"}, "410 Gone")),
}
"""Faults in place of a stream, how often each is chosen, and what is answered."""
MIDWAY = {
    "reset": 4,
    "clean close": 4,
    "cut in a frame": 4,
    "cut in a character": 4,
    "cut between CR and LF": 4,
    "silence in mid-stream": 1,
}
"""What ends a stream."""
RESUMED = {"as asked": 6, "ids ignored": 1, "events sent again": 2}
CODINGS = {"chunked": 5, "unchunked": 2, "gzip, chunked": 2, "gzip, unchunked": 1}


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


class SoakStudio:
    """`live` jobs at any time, each followed by the next. `faults` and `served` count what came of requests."""

    def __init__(self, token_file: Path, live: int, seed: int, steps: int | None) -> None:
        self.faults: Counter[str] = Counter()
        self.served: Counter[str] = Counter()
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._live = live
        self._steps = steps
        self._jobs: dict[str, LiveJob] = {}
        self._started = 0
        self._token_file = token_file
        self._token = ""
        self._epoch = 0
        self.renew_token(0.0)

    def renew_token(self, after_s: float) -> None:
        """As a restarted `arkor dev`: every stream breaks, and the new token is on disk a little later."""
        self._token = f"token-{self._chance.getrandbits(64):x}"
        self._epoch += 1
        NEVER.wait(after_s)
        self._token_file.write_text(self._token)

    def break_all(self) -> None:
        self._epoch += 1

    def respond(self, seen: Seen) -> Answer:
        if seen.headers.get("x-arkor-studio-token") != self._token:
            self._fault("403 until the new token is read")
            return json_answer({"error": "Missing or invalid studio token"}, "403 Forbidden")
        match seen.target.split("/"):
            case ["", "api", "jobs"]:
                return self._listing()
            case ["", "api", "jobs", job_id, "events"] if job_id in self._jobs:
                return self._stream(self._jobs[job_id], seen.headers.get("last-event-id"))
        return json_answer({"error": "Not found"}, "404 Not Found")

    def _listing(self) -> Answer:
        if self._choose({"fine": 40, "fault": 1}) == "fault":
            self._fault("list of jobs: 500")
            return json_answer({"error": "The list is not to be had"}, "500 Internal Server Error")
        with self._lock:
            while sum(not job.ended() for job in self._jobs.values()) < self._live:
                self._start_next()
            jobs = list(self._jobs.values())
        return json_answer({"jobs": [_entry(job) for job in reversed(jobs)]})

    def _start_next(self) -> None:
        self._started += 1
        said = script(self._started, self._steps)
        # The first ones begin in the midst, so that they don't all end at once.
        early = self._chance.uniform(0, said.duration_s) if self._started <= self._live else 0.0
        self._jobs[said.job_id] = LiveJob(said, time.monotonic() - early)
        for job_id in list(self._jobs)[:-LISTED]:
            del self._jobs[job_id]

    def _stream(self, job: LiveJob, last_event_id: str | None) -> Answer:
        kind = self._choose({"stream": 40, **{name: often for name, (often, _) in INSTEAD.items()}})
        self._serve("streams asked for")
        # What is gone of an ended job is not asked for again, as it should be.
        if kind != "stream" and not (kind == "410" and job.ended(for_s=-20.0)):
            self._fault(kind)
            return INSTEAD[kind][1]()
        start = job.script.index_after(last_event_id)
        resumed = self._choose(RESUMED)
        if start and resumed != "as asked":
            self._fault(resumed)
            start = 0 if resumed == "ids ignored" else max(0, start - self._random(1, 60))
        elif start:
            self._serve("resumed as asked")
        elif job.script.ids == "none":
            self._fault("no ids: sent from the start")
        coding, midway = self._choose(CODINGS), self._choose(MIDWAY)
        if midway == "cut between CR and LF" and job.script.line_end != "\r\n":
            midway = "cut in a frame"
        self._serve(f"body {coding}")
        answer = Answer([], reset=midway == "reset", hold=NEVER if midway.startswith("silence") else None)
        answer.pieces = self._pieces(answer, job, start, coding, midway)
        return answer

    def _pieces(self, answer: Answer, job: LiveJob, start: int, coding: str, midway: str) -> Iterator[bytes]:
        packer = zlib.compressobj(wbits=31) if coding.startswith("gzip") else None
        in_chunks = coding.endswith(" chunked") or coding == "chunked"
        headers = {"Content_Type": "text/event-stream"}
        if packer:
            headers["Content_Encoding"] = "gzip"
        if in_chunks:
            headers["Transfer_Encoding"] = "chunked"
        yield head(**headers)
        whole = False
        for piece in self._body(job, start, midway):
            if piece is None:
                whole = True
                # What is over was not broken, and ends as it should.
                answer.reset, answer.hold = False, None
                break
            data = packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH) if packer else piece
            yield from chunked(data, whole=False) if in_chunks else [data]
        if not whole:
            self._fault(midway)
        if whole or midway == "clean close":
            rest = packer.flush() if packer else b""
            yield from chunked(rest) if in_chunks else [rest]

    def _body(self, job: LiveJob, start: int, midway: str) -> Iterator[bytes | None]:
        """The stream as long as it lives, and what it breaks off with; None where it came to its own end."""
        epoch, opened = self._epoch, time.monotonic()
        lives_s = self._chance.uniform(*LIFETIME_S)
        frames_left = self._random(0, 200) if self._random(0, 3) == 0 else 10**9
        if self._random(0, 4) == 0:
            yield b"\xef\xbb\xbf"
        yield f"retry: {self._random(100, 900)}\n\n".encode()
        index, tick = start, 0
        while True:
            while index < job.said() and frames_left:
                yield from self._in_pieces(framed(job.script, index))
                index, frames_left = index + 1, frames_left - 1
                self._serve("events")
            if index == len(job.script.events) and job.ended() and job.script.ending != "polled":
                if job.script.ending != "terminal":
                    yield f"event: end{job.script.line_end}data: {{}}{job.script.line_end * 2}".encode()
                yield None
                return
            if epoch != self._epoch or not frames_left or time.monotonic() - opened > lives_s:
                break
            NEVER.wait(TICK_S)
            tick += 1
            yield from _noise(job.script, tick)
        if index < len(job.script.events):
            frame = framed(job.script, index)
            yield frame[: self._cut(frame, midway)]

    def _in_pieces(self, frame: bytes) -> list[bytes]:
        """The frame as it is, or now and then in two pieces, whatever the first one ends in."""
        place = self._random(1, len(frame) - 1) if self._random(0, 3) == 0 else len(frame)
        return [frame[:place], frame[place:]] if place < len(frame) else [frame]

    def _cut(self, frame: bytes, midway: str) -> int:
        """Where to break off in a frame. One of which only the last line feed is missing is whole."""
        match midway:
            case "cut in a character":
                inside = [n for n in range(1, min(len(frame), 4_000)) if frame[n] & 0xC0 == 0x80]
                return self._one_of(inside) if inside else len(frame) // 2
            case "cut between CR and LF":
                return self._one_of([n for n in range(len(frame)) if frame[n] == 0x0A])
            case "clean close" | "silence in mid-stream" if self._random(0, 1):
                return 0
        return self._random(0, len(frame) - 3)

    def _choose(self, weights: dict[str, int]) -> str:
        with self._lock:
            return self._chance.choices(list(weights), list(weights.values()))[0]

    def _one_of(self, places: list[int]) -> int:
        return places[self._random(0, len(places) - 1)]

    def _random(self, low: int, high: int) -> int:
        return self._chance.randint(low, high)

    def _fault(self, kind: str) -> None:
        with self._lock:
            self.faults[kind] += 1

    def _serve(self, what: str) -> None:
        with self._lock:
            self.served[what] += 1


def framed(said: Script, index: int) -> bytes:
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


def _entry(job: LiveJob) -> dict[str, object]:
    status = job.script.status if job.ended() else "running"
    return {"id": job.script.job_id, "name": f"number {job.script.number}", "status": status}


def _trouble(studio: SoakStudio, server: ScriptedServer, every_s: float, chance: random.Random) -> None:
    """Now and then the whole Studio is away, or another one with another token."""
    while True:
        NEVER.wait(every_s * chance.uniform(0.5, 1.5))
        server.seen.clear()
        if chance.random() < 0.5:
            studio.renew_token(chance.uniform(*LATE_TOKEN_S))
            studio.faults["restarts with a new token"] += 1
        else:
            server.refuse()
            studio.break_all()
            studio.faults["connections refused for a while"] += 1
            NEVER.wait(min(chance.uniform(*AWAY_S), every_s))
            server.listen()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--token-file", type=Path, required=True)
    options.add_argument("--live", type=int, required=True)
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--steps", type=int)
    options.add_argument("--trouble-every-s", type=float, required=True)
    given = options.parse_args()
    studio = SoakStudio(given.token_file, given.live, given.seed, given.steps)
    with ScriptedServer(studio.respond) as server:
        chance = random.Random(given.seed + 1)
        trouble = (studio, server, given.trouble_every_s, chance)
        threading.Thread(target=_trouble, args=trouble, daemon=True).start()
        print(json.dumps({"url": server.url}), flush=True)
        sys.stdin.read()
        print(json.dumps({"faults": studio.faults, "served": studio.served}), flush=True)


if __name__ == "__main__":
    main()
