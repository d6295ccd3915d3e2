"""A Studio that trains without end and breaks every stream it serves: `python -m benchmarks.soak.server`.

One line of JSON on stdout names its address; when stdin ends, another one has the counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from pathlib import Path

from tests.servers import Answer, ScriptedServer, Seen, json_answer

from .faults import ANSWERED, CODINGS, INSTEAD, LISTING, MIDWAY, NEVER, RESUMED, Chance
from .script import script
from .stream import BreakingStream, LiveJob

LISTED = 60
"""Older jobs are not in the list, though who has one of them open can read on."""
AWAY_S = (1.0, 20.0)
LATE_TOKEN_S = (0.5, 3.0)


class SoakStudio:
    """`live` jobs at any time, each followed by the next."""

    def __init__(self, token_file: Path, live: int, chance: Chance, steps: int | None) -> None:
        self._chance = chance
        self._lock = threading.Lock()
        self._live = live
        self._steps = steps
        self._jobs: dict[str, LiveJob] = {}
        self._started = 0
        self._token_file = token_file
        self._token = ""
        self._epoch = 0
        self.renew_token(after_s=0.0)

    def renew_token(self, after_s: float) -> None:
        """As a restarted `arkor dev`: every stream breaks, and the new token is on disk a little later."""
        self._epoch += 1
        self._token = f"token-{self._epoch}"
        NEVER.wait(after_s)
        self._token_file.write_text(self._token)

    def break_all(self) -> None:
        self._epoch += 1

    def respond(self, seen: Seen) -> Answer:
        if seen.headers.get("x-arkor-studio-token") != self._token:
            self._chance.fault("403 until the new token is read")
            return json_answer({"error": "Missing or invalid studio token"}, "403 Forbidden")
        match seen.target.split("/"):
            case ["", "api", "jobs"]:
                return self._listing()
            case ["", "api", "jobs", job_id, "events"] if job_id in self._jobs:
                return self._stream(self._jobs[job_id], seen.headers.get("last-event-id"))
        return json_answer({"error": "Not found"}, "404 Not Found")

    def _listing(self) -> Answer:
        if self._chance.choose(LISTING) == "fault":
            self._chance.fault("list of jobs: 500")
            return json_answer({"error": "The list is not to be had"}, "500 Internal Server Error")
        with self._lock:
            while sum(not job.ended() for job in self._jobs.values()) < self._live:
                self._start_next()
            jobs = list(self._jobs.values())[-LISTED:]
        return json_answer({"jobs": [_entry(job) for job in reversed(jobs)]})

    def _start_next(self) -> None:
        self._started += 1
        said = script(self._started, self._steps)
        # The first ones begin in the midst, so that they don't all end at once.
        early = self._chance.seconds(0, said.duration_s) if self._started <= self._live else 0.0
        self._jobs[said.job_id] = LiveJob(said, time.monotonic() - early)

    def _stream(self, job: LiveJob, last_event_id: str | None) -> Answer:
        kind = self._chance.choose(ANSWERED)
        self._chance.serve("streams asked for")
        # What is gone of an ended job is not asked for again, as it should be.
        if kind != "stream" and not (kind == "410" and job.ended(for_s=-20.0)):
            self._chance.fault(kind)
            return INSTEAD[kind][1]()
        start = self._start(job, job.script.index_after(last_event_id))
        coding, midway = self._chance.choose(CODINGS), self._chance.choose(MIDWAY)
        self._chance.serve(f"body {coding}")
        if midway == "cut between CR and LF" and job.script.line_end != "\r\n":
            midway = "cut in a frame"
        epoch = self._epoch
        stream = BreakingStream(job, start, coding, midway, self._chance, lambda: epoch != self._epoch)
        return stream.answer()

    def _start(self, job: LiveJob, asked: int) -> int:
        """Where a stream begins that was asked for from there on."""
        if job.script.ids == "none":
            self._chance.fault("no ids: sent from the start")
        if not asked:
            return 0
        resumed = self._chance.choose(RESUMED)
        if resumed == "as asked":
            self._chance.serve("resumed as asked")
            return asked
        self._chance.fault(resumed)
        return 0 if resumed == "ids ignored" else max(0, asked - self._chance.number(1, 60))


def _entry(job: LiveJob) -> dict[str, object]:
    status = job.script.status if job.ended() else "running"
    return {"id": job.script.job_id, "name": f"number {job.script.number}", "status": status}


def _trouble(studio: SoakStudio, server: ScriptedServer, every_s: float, chance: Chance) -> None:
    """Now and then the whole Studio is away, or another one with another token."""
    while True:
        NEVER.wait(every_s * chance.seconds(0.5, 1.5))
        server.seen.clear()
        if chance.number(0, 1):
            studio.renew_token(chance.seconds(*LATE_TOKEN_S))
            chance.fault("restarts with a new token")
        else:
            server.refuse()
            studio.break_all()
            chance.fault("connections refused for a while")
            NEVER.wait(min(chance.seconds(*AWAY_S), every_s))
            server.listen()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--token-file", type=Path, required=True)
    options.add_argument("--live", type=int, required=True)
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--steps", type=int)
    options.add_argument("--trouble-every-s", type=float, required=True)
    given = options.parse_args()
    chance = Chance(given.seed)
    studio = SoakStudio(given.token_file, given.live, chance, given.steps)
    with ScriptedServer(studio.respond) as server:
        trouble = (studio, server, given.trouble_every_s, chance)
        threading.Thread(target=_trouble, args=trouble, daemon=True).start()
        print(json.dumps({"url": server.url}), flush=True)
        sys.stdin.read()
        print(json.dumps({"faults": chance.faults, "served": chance.served}), flush=True)


if __name__ == "__main__":
    main()
