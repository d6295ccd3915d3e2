"""The feeds of the jobs that someone watches: one per job, shared by all viewers."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from weakref import WeakKeyDictionary

from arkor_dash.live.free_memory import give_back_free_memory
from arkor_dash.sources import Source

from .reader import JobFeed
from .snapshot import FeedSnapshot

UNWATCHED_S = 45.0
"""Seconds without a request after which a feed is closed."""
COMPLETE_KEPT = 8
"""The number of complete feeds that are kept for the next viewer: the ones that were requested last."""
NUMBERS_KEPT = 8_000_000
"""The most numbers that the kept feeds hold together: 64 MB, as a job of a million steps and six metrics has. The
last feed is kept however many it holds."""
NUMBERS_KEPT_IN_COLUMNS = 2_000_000
"""The same for a source with an archive, which reads a million steps again within a second. The last feed is no
exception."""
UNCONFIRMED_READERS = 16
"""The number of feeds of unconfirmed jobs that may read at the same time."""
UNCONFIRMED_UNWATCHED_S = 20.0
"""The same as `UNWATCHED_S`, for feeds of unconfirmed jobs. A page requests its feed more often than that."""
READ_AHEAD = 4
"""The most feeds that are read ahead, and that no page has requested yet."""


_numbers = itertools.count(1)


@dataclass(slots=True)
class _Entry:
    feed: JobFeed
    requested_at: float
    is_confirmed: bool = False
    was_started: bool = False
    was_acquired: bool = False
    pages: WeakKeyDictionary[object, Callable[[], bool]] = field(default_factory=WeakKeyDictionary)


class FeedRegistry:
    """Creates and shares feeds, and closes those that nobody requests any more.

    A page requests its feed again each time it is drawn or served. The page of an ended job is not served, so its
    feed is held for as long as it is open. A few feeds are read ahead of their pages. If none requests such a feed,
    it is closed, too.

    Anyone can open the page of a made-up job id, so readers of unconfirmed jobs are limited. A job is confirmed once
    the list of jobs holds it or its stream has delivered an event. The feed of a confirmed job always reads. At most
    `UNCONFIRMED_READERS` feeds of unconfirmed jobs read at the same time. Further ones wait, and start with a later
    request once there is a free slot. A slot becomes free when its job is confirmed, when the source answers that
    there is no such job, or when nobody has requested the feed for `UNCONFIRMED_UNWATCHED_S`.

    Attributes: number: tells this registry from all others.

    Args:
        is_listed: whether the list of jobs holds a job id. It must return at once.
        monotonic: a clock in seconds.
        make: creates the feed of a job.
        sweep_every_s: seconds between two sweeps.
    """

    def __init__(
        self,
        source: Source,
        is_listed: Callable[[str], bool] = lambda _: True,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        make: Callable[[Source, str], JobFeed] = JobFeed,
        sweep_every_s: float = 5.0,
    ) -> None:
        self.number = next(_numbers)
        self._source = source
        self._is_listed = is_listed
        self._monotonic = monotonic
        self._make = make
        self._sweep_every_s = sweep_every_s
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._list_answers: bool | None = None
        self._closing = threading.Event()
        self._sweeper: threading.Thread | None = None

    def acquire(self, job_id: str) -> JobFeed:
        """The job's feed. It is created if need be, and counts as requested now."""
        with self._lock:
            entry = self._acquire(job_id)
            entry.was_acquired = True
            return entry.feed

    def read_ahead(self, job_id: str) -> None:
        """Begin to read a job whose page is about to be opened, if it is listed and few others are read ahead."""
        with self._lock:
            if job_id not in self._entries and self._is_listed(job_id):
                waiting = sum(not entry.was_acquired for entry in self._entries.values())
                if waiting < READ_AHEAD:
                    self._acquire(job_id)

    def was_acquired(self, job_id: str) -> bool:
        """Whether a page has requested the job's feed before. One that was only read ahead was not."""
        with self._lock:
            entry = self._entries.get(job_id)
            return entry is not None and entry.was_acquired

    def last_snapshot(self, job_id: str) -> FeedSnapshot | None:
        """What the job's feed has read; None if there is none. Unlike `acquire`, this does not count as a request."""
        entry = self._entries.get(job_id)
        return entry.feed.snapshot() if entry else None

    def snapshots(self) -> dict[str, FeedSnapshot]:
        """What the feeds that have received an event have read, by the job's id. This does not count as a request."""
        with self._lock:
            feeds = [(job_id, entry.feed) for job_id, entry in self._entries.items()]
        return {job_id: feed.snapshot() for job_id, feed in feeds if feed.has_events}

    def hold(self, job_id: str, page: object, is_open: Callable[[], bool]) -> None:
        """Do not close the job's feed, if there is one, for as long as `page` exists and `is_open` returns True.

        Args: page: shows one job, the latest one it was given here. is_open: any thread may call it.
        """
        with self._lock:
            for other in self._entries.values():
                other.pages.pop(page, None)
            entry = self._entries.get(job_id)
            if entry is not None:
                entry.pages[page] = is_open

    def list_fetched(self, answered: bool) -> None:
        """The list of jobs was fetched, or could not be. Feeds that wait for the source may try again now."""
        with self._lock:
            self._list_answers = answered
            for job_id, entry in self._entries.items():
                self._tell_of_list(job_id, entry)

    def sweep(self) -> None:
        """Close the feeds that nobody has requested for a while, but for some complete ones that a page has had."""
        with self._lock:
            self._close_unwatched_unconfirmed()
            unwatched = [item for item in self._entries.items() if self._is_unwatched(item[1])]
            complete = [item for item in unwatched if item[1].feed.is_complete and item[1].was_acquired]
            complete.sort(key=lambda item: item[1].requested_at, reverse=True)
            is_quick = self._source.archive is not None
            room = NUMBERS_KEPT_IN_COLUMNS if is_quick else NUMBERS_KEPT
            numbers = accumulate(entry.feed.numbers for _, entry in complete)
            kept = {
                job_id
                for place, ((job_id, _), held) in enumerate(zip(complete, numbers, strict=True))
                if (place < COMPLETE_KEPT and held <= room) or (place == 0 and not is_quick)
            }
            for job_id, _ in unwatched:
                if job_id not in kept:
                    self._close(job_id)

    def close(self) -> None:
        """Close all feeds."""
        self._closing.set()
        with self._lock:
            for job_id in list(self._entries):
                self._close(job_id)

    def _acquire(self, job_id: str) -> _Entry:
        entry = self._entries.get(job_id)
        if entry is None:
            entry = _Entry(self._make(self._source, job_id), self._monotonic())
            self._entries[job_id] = entry
            self._tell_of_list(job_id, entry)
        entry.requested_at = self._monotonic()
        if not entry.was_started and self._may_read(job_id, entry):
            entry.was_started = True
            entry.feed.start()
        self._ensure_sweeper()
        return entry

    def _tell_of_list(self, job_id: str, entry: _Entry) -> None:
        if self._list_answers is not None:
            entry.feed.list_fetched(answered=self._list_answers, has_job=self._is_listed(job_id))

    def _may_read(self, job_id: str, entry: _Entry) -> bool:
        if self._confirm(job_id, entry):
            return True
        if len(self._unconfirmed_readers()) >= UNCONFIRMED_READERS:
            self._close_unwatched_unconfirmed()
        return len(self._unconfirmed_readers()) < UNCONFIRMED_READERS

    def _unconfirmed_readers(self) -> list[str]:
        return [
            job_id
            for job_id, entry in self._entries.items()
            if entry.was_started and not self._confirm(job_id, entry) and entry.feed.is_reading
        ]

    def _close_unwatched_unconfirmed(self) -> None:
        now = self._monotonic()
        for job_id, entry in list(self._entries.items()):
            unwatched = now - entry.requested_at >= UNCONFIRMED_UNWATCHED_S
            if unwatched and not self._confirm(job_id, entry):
                self._close(job_id)

    def _confirm(self, job_id: str, entry: _Entry) -> bool:
        """Whether the job is confirmed. Once it is, it stays so."""
        if not entry.is_confirmed:
            entry.is_confirmed = entry.feed.has_events or self._is_listed(job_id)
        return entry.is_confirmed

    def _close(self, job_id: str) -> None:
        self._entries.pop(job_id).feed.close()

    def _ensure_sweeper(self) -> None:
        if self._sweeper is None and not self._closing.is_set():
            self._sweeper = threading.Thread(target=self._sweep_repeatedly, name="feed-sweeper", daemon=True)
            self._sweeper.start()

    def _is_unwatched(self, entry: _Entry) -> bool:
        is_old = self._monotonic() - entry.requested_at >= UNWATCHED_S
        return is_old and not any(is_open() for is_open in entry.pages.values())

    def _sweep_repeatedly(self) -> None:
        """Sweep until all feeds that are left are complete ones that are kept."""
        is_over = False
        while not is_over and not self._closing.wait(self._sweep_every_s):
            with self._lock:
                entries = self._entries.values()
                is_over = all(entry.feed.is_complete and self._is_unwatched(entry) for entry in entries)
                if is_over:
                    self._sweeper = None
                before = len(entries)
            self.sweep()
            if is_over or len(self._entries) < before:
                give_back_free_memory()
