"""The list of jobs, fetched once for all viewers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from arkor_dash.errors import UNEXPECTED_ERROR, ArkorDashError
from arkor_dash.protocol.jobs import Job
from arkor_dash.sources import Source

from .notifier import changes
from .tracebacks import release_frames

log = logging.getLogger(__name__)

BEHIND_REFRESH_S = 0.5
"""The age from which the list is asked for again while something is known that it does not say yet."""
ANSWER_S = 3.5
"""Seconds after which a source that has not answered counts as lost, although the request goes on. A source that is
always slow has twice the time that its last answer took."""


@dataclass(frozen=True, slots=True)
class JobListView:
    """The latest list of jobs that was fetched, and the state of the latest fetch.

    `malformed` is the number of entries that could not be parsed. `fetched_at_ms` is the time of the last successful
    fetch, in Unix milliseconds. `error` is the reason why the latest fetch failed, None if it succeeded. After a
    failure, `jobs` is still the list of the last success, and `failing_since_ms` is the time of the first of the
    failures in a row. `asked_at_ms` is the time at which the running fetch began, None if none is running. `loaded`
    says that at least one fetch has succeeded. `took_s` is how long the last answer took.

    `jobs` is the same object for as long as the list is equal. `version` changes with every field except
    `asked_at_ms`, `fetched_at_ms` and `took_s`.
    """

    jobs: tuple[Job, ...] = ()
    malformed: int = 0
    fetched_at_ms: float | None = None
    error: str | None = None
    failing_since_ms: float | None = None
    asked_at_ms: float | None = None
    loaded: bool = False
    version: int = 0
    took_s: float = 0.0

    @property
    def in_flight(self) -> bool:
        """Whether a fetch is running."""
        return self.asked_at_ms is not None

    def lost_since_ms(self, now_ms: float) -> float | None:
        """Since when the source is lost, in Unix milliseconds: it fails, or takes too long to answer."""
        if self.failing_since_ms is not None:
            return self.failing_since_ms
        limit_ms = 1000 * max(ANSWER_S, 2 * self.took_s)
        is_late = self.asked_at_ms is not None and now_ms - self.asked_at_ms > limit_ms
        return self.asked_at_ms if is_late else None

    def known_until_ms(self, now_ms: float) -> float:
        """Until when is known how the jobs are: now, or when the source was lost. Durations count up to there."""
        return self.lost_since_ms(now_ms) or now_ms


class JobListPoller:
    """Fetches the list of jobs on request, in the background, and one request at a time.

    Args: monotonic: a clock in seconds, for the age of the list. clock: the Unix time in seconds.
    """

    def __init__(
        self,
        source: Source,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._monotonic = monotonic
        self._clock = clock
        self._changed = threading.Condition()
        self._view = JobListView()
        self._by_id: dict[str, Job] = {}
        self._started_at: float | None = None
        self._fetches_again = False
        self._on_fetched: list[Callable[[bool], object]] = []

    def subscribe(self, on_fetched: Callable[[bool], object]) -> None:
        """Call `on_fetched` after each fetch, in its thread, with whether the source has answered with a list."""
        self._on_fetched.append(on_fetched)

    def snapshot(self) -> JobListView:
        with self._changed:
            return self._view

    def contains(self, job_id: str) -> bool:
        """Whether the latest list holds the job. False before the first list."""
        return job_id in self._by_id

    def job(self, job_id: str) -> Job | None:
        """The job in the latest list; None if the list does not hold it."""
        return self._by_id.get(job_id)

    def refresh(self, max_age_s: float = 0.0) -> None:
        """Start a fetch, unless one is running or the latest one started less than `max_age_s` ago."""
        with self._changed:
            now = self._monotonic()
            is_fresh = self._started_at is not None and now - self._started_at < max_age_s
            if self._view.in_flight or is_fresh:
                return
            self._started_at = now
            self._view = replace(self._view, asked_at_ms=self._clock() * 1000)
        threading.Thread(target=self._fetch, name="job-list", daemon=True).start()

    def fetch_anew(self) -> None:
        """Start a fetch, after the one that is running: its answer may be from before what the caller knows."""
        with self._changed:
            self._fetches_again = self._view.in_flight
            if self._fetches_again:
                return
        self.refresh()

    def wait(self, timeout_s: float) -> JobListView:
        """The view as soon as no fetch is running, or as it is after `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: not self._view.in_flight, timeout_s)
            return self._view

    def _fetch(self) -> None:
        # Every path calls _finish. Otherwise `asked_at_ms` would remain set, and no other fetch would start.
        try:
            listing = self._source.jobs()
        except ArkorDashError as error:
            release_frames(error)
            self._finish(error=str(error))
        except Exception as error:
            log.exception("The list of jobs could not be fetched")
            release_frames(error)
            self._finish(error=UNEXPECTED_ERROR)
        else:
            self._finish(jobs=listing.jobs, malformed=listing.malformed)

    def _finish(
        self, jobs: tuple[Job, ...] | None = None, malformed: int = 0, error: str | None = None
    ) -> None:
        """Store the result of a fetch: either `jobs` or an `error`."""
        with self._changed:
            before = self._view
            now_ms = self._clock() * 1000
            since_ms = None if error is None else before.lost_since_ms(now_ms) or now_ms
            after = replace(before, asked_at_ms=None, error=error, failing_since_ms=since_ms)
            if jobs is not None:
                is_same = before.jobs is jobs or before.jobs == jobs
                if not is_same:
                    self._by_id = {job.id: job for job in reversed(jobs)}
                after = replace(
                    after,
                    jobs=before.jobs if is_same else jobs,
                    malformed=malformed,
                    fetched_at_ms=now_ms,
                    loaded=True,
                    took_s=(now_ms - (before.asked_at_ms or now_ms)) / 1000,
                )
            has_changed = after != replace(
                before, asked_at_ms=None, fetched_at_ms=after.fetched_at_ms, took_s=after.took_s
            )
            self._view = replace(after, version=before.version + has_changed)
            self._changed.notify_all()
            fetches_again, self._fetches_again = self._fetches_again, False
        changes.notify()
        for on_fetched in self._on_fetched:
            on_fetched(error is None)
        if fetches_again:
            self.refresh()
