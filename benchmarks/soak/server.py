"""A Studio that runs job after job and breaks every stream that it serves: `python -m benchmarks.soak.server`.

The server prints a line of JSON with its address. Once its standard input ends, it prints another with its counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from pathlib import Path

from tests.servers import Answer, Request, ScriptedServer, html_answer, json_answer

from .faults import (
    BREAK_WEIGHTS,
    ENCODING_WEIGHTS,
    LIST_WEIGHTS,
    NEVER,
    PAGE_WEIGHTS,
    REPLACEMENTS,
    RESUME_WEIGHTS,
    STREAM_WEIGHTS,
    TROUBLE_WEIGHTS,
    FaultRandom,
)
from .script import job_script
from .stream import BreakingStream, LiveJob

LISTED = 60
"""The number of newest jobs in the list. Older ones can still be read."""
AWAY_S = (1.0, 20.0)
DENIED_S = (10.0, 40.0)
DENIALS = ("404 Not Found", "400 Bad Request", "401 Unauthorized")
LATE_TOKEN_S = (0.5, 3.0)


class SoakStudio:
    """Runs `live` jobs at a time; each is followed by another."""

    def __init__(self, token_file: Path, live: int, rng: FaultRandom, steps: int | None) -> None:
        self._rng = rng
        self._lock = threading.Lock()
        self._live = live
        self._steps = steps
        self._jobs: dict[str, LiveJob] = {}
        self._started = 0
        self._token_file = token_file
        self._token = ""
        self._epoch = 0
        self._denied_until = 0.0
        self.renew_token(after_s=0.0)

    def renew_token(self, after_s: float) -> None:
        """Behave as a restarted `arkor dev`: break every stream, and write the new token `after_s` later."""
        self._epoch += 1
        self._token = f"token-{self._epoch}"
        NEVER.wait(after_s)
        self._token_file.write_text(self._token)

    def start_another(self, for_s: float) -> None:
        """Replace the token in the file, as another `arkor dev` does. It ends after `for_s`, and the file with it."""
        self._token_file.write_text("token-of-another")
        self.break_all()
        NEVER.wait(for_s)
        self._token_file.unlink()

    def break_all(self) -> None:
        self._epoch += 1

    def deny_streams(self, for_s: float) -> None:
        """Break every stream, and answer for a while that there is none, though the list has the jobs."""
        self._denied_until = time.monotonic() + for_s
        self.break_all()

    def respond(self, request: Request) -> Answer:
        if request.target == "/":
            return self._page()
        if request.headers.get("x-arkor-studio-token") != self._token:
            self._rng.count_fault("403 until the new token is read")
            return json_answer({"error": "Missing or invalid studio token"}, "403 Forbidden")
        match request.target.split("/"):
            case ["", "api", "jobs"]:
                return self._listing()
            case ["", "api", "jobs", job_id, "events"] if job_id in self._jobs:
                return self._stream(self._jobs[job_id], request.headers.get("last-event-id"))
        return json_answer({"error": "Not found"}, "404 Not Found")

    def _page(self) -> Answer:
        if self._rng.choose(PAGE_WEIGHTS) == "fault":
            self._rng.count_fault("page with the token: 503")
            return json_answer({}, "503 Service Unavailable")
        return html_answer(f'<head><meta name="arkor-studio-token" content="{self._token}"></head>')

    def _listing(self) -> Answer:
        if self._rng.choose(LIST_WEIGHTS) == "fault":
            self._rng.count_fault("list of jobs: 500")
            return json_answer({"error": "The list is not available"}, "500 Internal Server Error")
        with self._lock:
            while sum(not job.ended() for job in self._jobs.values()) < self._live:
                self._start_next()
            jobs = list(self._jobs.values())[-LISTED:]
        return json_answer({"jobs": [_entry(job) for job in reversed(jobs)]})

    def _start_next(self) -> None:
        self._started += 1
        script = job_script(self._started, self._steps)
        # The first jobs start in the middle, so that they don't all end at once.
        early = self._rng.seconds(0, script.duration_s) if self._started <= self._live else 0.0
        self._jobs[script.job_id] = LiveJob(script, time.monotonic() - early)

    def _stream(self, job: LiveJob, last_event_id: str | None) -> Answer:
        kind = self._rng.choose(STREAM_WEIGHTS)
        self._rng.count_served("streams requested")
        denied_s = self._denied_until - time.monotonic()
        # A job that ends meanwhile is served: for an ended job, such an answer means that its stream is over.
        if denied_s > 0 and not job.ended(for_s=-denied_s):
            return json_answer({"error": "Not found"}, self._rng.one_of(DENIALS))
        # No 410 near the end of a job: a client must not retry after a 410, so it could not complete the job.
        if kind != "stream" and not (kind == "410" and job.ended(for_s=-20.0)):
            self._rng.count_fault(kind)
            return REPLACEMENTS[kind][1]()
        start = self._start(job, job.script.index_after(last_event_id))
        encoding, break_kind = self._rng.choose(ENCODING_WEIGHTS), self._rng.choose(BREAK_WEIGHTS)
        self._rng.count_served(f"body {encoding}")
        if break_kind == "cut between CR and LF" and job.script.line_end != "\r\n":
            break_kind = "cut in a frame"
        epoch = self._epoch
        stream = BreakingStream(job, start, encoding, break_kind, self._rng, lambda: epoch != self._epoch)
        return stream.answer()

    def _start(self, job: LiveJob, asked: int) -> int:
        """The index of the first event to send, for a request that starts at the index `asked`."""
        if job.script.ids == "none":
            self._rng.count_fault("no ids: sent from the start")
        if not asked:
            return 0
        resumed = self._rng.choose(RESUME_WEIGHTS)
        if resumed == "as asked" and job.script.ids == "swapped":
            # The event with the next larger or smaller id may have been sent before the drop.
            self._rng.count_fault("ids out of order at a drop")
            return (asked - 1) & ~1
        if resumed == "as asked":
            self._rng.count_served("resumed as asked")
            return asked
        self._rng.count_fault(resumed)
        return 0 if resumed == "ids ignored" else max(0, asked - self._rng.number(1, 60))


def _entry(job: LiveJob) -> dict[str, object]:
    status = job.script.status if job.ended() else "running"
    return {"id": job.script.job_id, "name": f"number {job.script.number}", "status": status}


def _trouble(studio: SoakStudio, server: ScriptedServer, every_s: float, rng: FaultRandom) -> None:
    """Now and then, restart the Studio with another token, start a second one, or deny streams or all requests."""
    while True:
        NEVER.wait(every_s * rng.seconds(0.5, 1.5))
        server.requests.clear()
        kind = rng.choose(TROUBLE_WEIGHTS)
        if kind == "restart":
            studio.renew_token(rng.seconds(*LATE_TOKEN_S))
            rng.count_fault("restarts with a new token")
        elif kind == "denial":
            rng.count_fault("404 for a while")
            studio.deny_streams(min(rng.seconds(*DENIED_S), every_s))
        elif kind == "another":
            rng.count_fault("a second Studio replaces the token file")
            studio.start_another(min(rng.seconds(*AWAY_S), every_s))
        else:
            server.refuse()
            studio.break_all()
            rng.count_fault("connections refused for a while")
            NEVER.wait(min(rng.seconds(*AWAY_S), every_s))
            server.listen()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--token-file", type=Path, required=True)
    parser.add_argument("--live", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--trouble-every-s", type=float, required=True)
    options = parser.parse_args()
    rng = FaultRandom(options.seed)
    studio = SoakStudio(options.token_file, options.live, rng, options.steps)
    with ScriptedServer(studio.respond) as server:
        trouble = (studio, server, options.trouble_every_s, rng)
        threading.Thread(target=_trouble, args=trouble, daemon=True).start()
        print(json.dumps({"url": server.url}), flush=True)
        sys.stdin.read()
        print(json.dumps({"faults": rng.faults, "served": rng.served}), flush=True)


if __name__ == "__main__":
    main()
