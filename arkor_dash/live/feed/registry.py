"""The feeds that someone watches, one for each job, however many watch it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from arkor_dash.sources import Source

from .reader import JobFeed

UNWATCHED_S = 60.0
FINISHED_KEPT = 8
"""Feeds of ended jobs that stay for the next viewer, the least recently watched going first."""


@dataclass(slots=True)
class _Watched:
    feed: JobFeed
    seen_at: float


class FeedRegistry:
    """Makes feeds, shares them, and frees those that nobody has asked for in a minute.

    A viewer asks with each refresh of its page, and never keeps a feed for longer than that.
    `monotonic` counts seconds; `make` makes a feed of a job.
    """

    def __init__(
        self,
        source: Source,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        make: Callable[[Source, str], JobFeed] = JobFeed,
        sweep_every_s: float = 5.0,
    ) -> None:
        self._source = source
        self._monotonic = monotonic
        self._make = make
        self._sweep_every_s = sweep_every_s
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._closing = threading.Event()
        self._sweeper: threading.Thread | None = None

    def acquire(self, job_id: str) -> JobFeed:
        """The job's feed, reading. Counts as a look at it."""
        with self._lock:
            watched = self._watched.get(job_id)
            if watched is None:
                feed = self._make(self._source, job_id)
                watched = self._watched[job_id] = _Watched(feed, self._monotonic())
                feed.start()
            watched.seen_at = self._monotonic()
            self._keep_sweeping()
            return watched.feed

    def sweep(self) -> None:
        """Free the feeds that nobody has looked at for `UNWATCHED_S`, but for the latest of ended jobs."""
        with self._lock:
            now = self._monotonic()
            stale = [
                (job_id, watched)
                for job_id, watched in self._watched.items()
                if now - watched.seen_at >= UNWATCHED_S
            ]
            finished = sorted(
                (item for item in stale if item[1].feed.finished), key=lambda item: item[1].seen_at
            )
            kept = {job_id for job_id, _ in finished[-FINISHED_KEPT:]}
            for job_id, watched in stale:
                if job_id not in kept:
                    del self._watched[job_id]
                    watched.feed.close()

    def close(self) -> None:
        """Give up every feed."""
        self._closing.set()
        with self._lock:
            for watched in self._watched.values():
                watched.feed.close()
            self._watched.clear()

    def _keep_sweeping(self) -> None:
        if self._sweeper is None and not self._closing.is_set():
            self._sweeper = threading.Thread(target=self._sweep_on, name="feed-sweeper", daemon=True)
            self._sweeper.start()

    def _sweep_on(self) -> None:
        while not self._closing.wait(self._sweep_every_s):
            self.sweep()
            with self._lock:
                running = any(not watched.feed.finished for watched in self._watched.values())
                if not running and len(self._watched) <= FINISHED_KEPT:
                    self._sweeper = None
                    return
