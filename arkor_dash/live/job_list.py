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


@dataclass(frozen=True, slots=True)
class JobListView:
    """The latest list of jobs that was fetched, and the state of the latest fetch.

    `malformed` is the number of entries that could not be parsed. `fetched_at_ms` is the time of the last successful
    fetch, in Unix milliseconds. `error` is the reason why the latest fetch failed, None if it succeeded. After a
    failure, `jobs` is still the list of the last success, and `failing_since_ms` is the time of the first of the
    failures in a row. `in_flight` says that a fetch is running, and `loaded` that at least one has succeeded.

    `jobs` is the same object for as long as the list is equal. `version` changes with every field except `in_flight`
    and `fetched_at_ms`.
    """

    jobs: tuple[Job, ...] = ()
    malformed: int = 0
    fetched_at_ms: float | None = None
    error: str | None = None
    failing_since_ms: float | None = None
    in_flight: bool = False
    loaded: bool = False
    version: int = 0


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
            self._view = replace(self._view, in_flight=True)
        threading.Thread(target=self._fetch, name="job-list", daemon=True).start()

    def wait(self, timeout_s: float) -> JobListView:
        """The view as soon as no fetch is running, or as it is after `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: not self._view.in_flight, timeout_s)
            return self._view

    def _fetch(self) -> None:
        # Every path calls _finish. Otherwise `in_flight` would remain set, and no other fetch would start.
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
            since_ms = None if error is None else before.failing_since_ms or self._clock() * 1000
            after = replace(before, in_flight=False, error=error, failing_since_ms=since_ms)
            if jobs is not None:
                is_same = before.jobs is jobs or before.jobs == jobs
                if not is_same:
                    self._by_id = {job.id: job for job in reversed(jobs)}
                after = replace(
                    after,
                    jobs=before.jobs if is_same else jobs,
                    malformed=malformed,
                    fetched_at_ms=self._clock() * 1000,
                    loaded=True,
                )
            has_changed = after != replace(before, in_flight=False, fetched_at_ms=after.fetched_at_ms)
            self._view = replace(after, version=before.version + has_changed)
            self._changed.notify_all()
        changes.notify()
        for on_fetched in self._on_fetched:
            on_fetched(error is None)
