"""Viewers that read the jobs of the soak as a page does, and check every snapshot."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

import numpy as np

from arkor_dash.live.feed import Closed, FeedRegistry, FeedSnapshot, Interrupted, Refused
from arkor_dash.live.feed.snapshot import LOG_ROWS
from arkor_dash.live.job_list import JobListPoller
from arkor_dash.protocol.jobs import TERMINAL, Job

from .script import JobScript, job_script

TICK_S = 0.5
LIST_S = 5.0
CLOSED_WITHIN_S = 300.0
"""How long an ended job may take to be complete, through several read timeouts and long back-offs."""
PROBLEMS_PER_JOB = 3
"""How many problems of a job are reported, since one problem shows in every later snapshot."""


class Tally:
    """What all viewers have found. Thread-safe.

    `lost`, `duplicated` and `complete` map a job's id to a number of events; `complete` has the jobs without a fault.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.lost: dict[str, int] = {}
        self.duplicated: dict[str, int] = {}
        self.problems: list[str] = []
        self._reported: Counter[str] = Counter()
        self.complete: dict[str, int] = {}

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def mark_complete(self, job_id: str, events: int) -> None:
        with self._lock:
            self.complete[job_id] = events

    def fault(self, job_id: str, text: str, lost: int = 0, duplicated: int = 0) -> None:
        with self._lock:
            if lost:
                self.lost[job_id] = max(lost, self.lost.get(job_id, 0))
            if duplicated:
                self.duplicated[job_id] = max(duplicated, self.duplicated.get(job_id, 0))
            self._reported[job_id] += 1
            if self._reported[job_id] <= PROBLEMS_PER_JOB:
                self.problems.append(f"{job_id}: {text}")


class SnapshotCheck:
    """Checks one viewer's snapshots of one job: they must hold its first events, each once and in order."""

    def __init__(self, script: JobScript, tally: Tally) -> None:
        self._script = script
        self._tally = tally
        self._places = {
            event: place
            for place, event in enumerate(
                zip((name for name, _ in script.events), script.messages, strict=True)
            )
        }
        self._version = -1
        self._generation = -1
        self._events = 0
        self._reached = 0

    def check(self, shown: FeedSnapshot) -> None:
        if shown.version == self._version:
            return
        self._version = shown.version
        is_same = shown.generation == self._generation
        if is_same and shown.events < self._events:
            self._fault(
                f"went back from {self._events} events to {shown.events}", lost=self._events - shown.events
            )
        self._check_log(shown, known=self._events if is_same else 0)
        self._check_losses(shown)
        if len(shown.log) != min(shown.events, LOG_ROWS):
            self._fault(f"the log has {len(shown.log)} rows for {shown.events} events")
        if shown.malformed:
            self._fault(f"{shown.malformed} events are malformed", lost=shown.malformed)
        if isinstance(shown.connection, Closed):
            missing = len(self._script.events) - shown.events
            if missing:
                self._fault(
                    f"closed with {missing} events missing ({self._script.ending})", lost=max(0, missing)
                )
            else:
                self._tally.mark_complete(self._script.job_id, shown.events)
        self._generation, self._events = shown.generation, shown.events

    def _check_log(self, shown: FeedSnapshot, known: int) -> None:
        rows = [row for row in shown.log if row.number > known]
        if not rows:
            return
        places = [self._places.get((row.name, row.message), -1) for row in rows]
        begin = self._reached if known else rows[0].number - 1
        self._reached = max(places) + 1
        if places == [row.number - 1 for row in rows]:
            return
        lost = len(set(range(begin, self._reached)) - set(places))
        duplicated = len(places) - len(set(places)) + sum(place < begin for place in set(places))
        self._fault(f"the log from row {rows[0].number} is {places[:20]}…", lost, duplicated)

    def _check_losses(self, shown: FeedSnapshot) -> None:
        steps = int(self._script.steps_before[min(shown.events, len(self._script.events))])
        train, expected = shown.losses.train.finite, np.arange(1, steps + 1)
        if not (
            np.array_equal(train.steps, expected)
            and np.array_equal(train.values, self._script.losses[:steps])
        ):
            self._fault(f"expected the first {steps} losses, got {len(train)} or other values")

    def _fault(self, text: str, lost: int = 0, duplicated: int = 0) -> None:
        self._tally.fault(self._script.job_id, text, lost, duplicated)


class Viewer:
    """Opens one job after the other, and reads its snapshot twice a second as its page does."""

    def __init__(
        self,
        poller: JobListPoller,
        feeds: FeedRegistry,
        tally: Tally,
        stop: threading.Event,
        steps: int | None,
    ) -> None:
        self._poller = poller
        self._feeds = feeds
        self._tally = tally
        self._stop = stop
        self._steps = steps

    def browse(self, seed: int) -> None:
        """Open random jobs, mostly running ones, for a while each, with pauses between them."""
        rng = random.Random(seed)
        while not self._stop.wait(rng.uniform(0, 10)):
            jobs = self._listed()
            running = [job for job in jobs if job.status not in TERMINAL]
            if jobs:
                job = rng.choice(running if running and rng.random() < 0.8 else jobs)
                self.visit(job.id, for_s=rng.uniform(2, 60))

    def verify_ended(self) -> None:
        """Watch each job that has ended, one after the other, until all its events are there."""
        done: set[str] = set()
        while not self._stop.wait(TICK_S):
            ended = [job for job in self._listed() if job.status in TERMINAL and job.id not in done]
            if ended:
                job_id = ended[-1].id  # the oldest
                if not self.visit(job_id, for_s=CLOSED_WITHIN_S):
                    self._tally.fault(job_id, f"was not closed within {CLOSED_WITHIN_S:g} s")
                done.add(job_id)

    def visit(self, job_id: str, for_s: float) -> bool:
        """Watch a job for at most `for_s` seconds. Returns whether its feed closed, or the soak ended."""
        leave_at = time.monotonic() + for_s
        script = job_script(int(job_id.rpartition("_")[2]), self._steps)
        check = SnapshotCheck(script, self._tally)
        self._tally.count("job pages opened")
        while time.monotonic() < leave_at:
            feed = self._feeds.acquire(job_id)
            before = feed.snapshot().connection
            if isinstance(before, Refused) and before.not_found and self._status(job_id):
                self._tally.fault(job_id, "is refused as unknown, though the list has it")
            if isinstance(before, Refused) and not before.unauthorized:
                self._tally.count("Retry pressed")
                feed.retry()
            elif (status := self._status(job_id)) in TERMINAL:
                feed.job_ended(status)
            shown = feed.snapshot()
            check.check(shown)
            self._tally.count("snapshots")
            if isinstance(shown.connection, Interrupted):
                self._tally.count("snapshots of an interrupted stream")
            if isinstance(shown.connection, Closed):
                return True
            if self._stop.wait(TICK_S):
                return True
        return False

    def _status(self, job_id: str) -> str:
        return next((job.status for job in self._listed() if job.id == job_id), "")

    def _listed(self) -> tuple[Job, ...]:
        self._poller.refresh(LIST_S)
        return self._poller.snapshot().jobs
