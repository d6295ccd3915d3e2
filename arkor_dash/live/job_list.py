"""The list of jobs, fetched once for all who look at it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from arkor_dash.errors import ArkorDashError
from arkor_dash.protocol.jobs import Job
from arkor_dash.sources import Source

from .tracebacks import release_frames

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobListView:
    """The newest list that came, and how the latest fetch went.

    `loaded` is False until a first list came. `fetched_at_ms` is when `jobs` was right, Unix milliseconds.
    `error` says why the latest fetch failed, None if it did not; `jobs` is then an older list, and
    `failing_since_ms` is when the first of the failures in a row came.
    `jobs` is the same object as long as the list is the same; `version` changes with all but `in_flight` and
    `fetched_at_ms`.
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
    """Keeps the list fresh for as long as someone asks, with one request at a time and none in between.

    `monotonic` counts seconds for the age of the list; `wall` tells the Unix time in seconds.
    """

    def __init__(
        self,
        source: Source,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._monotonic = monotonic
        self._wall = wall
        self._changed = threading.Condition()
        self._view = JobListView()
        self._tried_at: float | None = None

    def snapshot(self) -> JobListView:
        with self._changed:
            return self._view

    def refresh(self, max_age_s: float = 0.0) -> None:
        """Fetch in the background, unless a fetch is on or the latest one began less than `max_age_s` ago."""
        with self._changed:
            now = self._monotonic()
            fresh = self._tried_at is not None and now - self._tried_at < max_age_s
            if self._view.in_flight or fresh:
                return
            self._tried_at = now
            self._view = replace(self._view, in_flight=True)
        threading.Thread(target=self._fetch, name="job-list", daemon=True).start()

    def wait(self, timeout_s: float) -> JobListView:
        """The view once no fetch is on, or after `timeout_s` as it is then."""
        with self._changed:
            self._changed.wait_for(lambda: not self._view.in_flight, timeout_s)
            return self._view

    def _fetch(self) -> None:
        # Every fetch ends in _settle: one that did not would look as if it were on for ever.
        try:
            listing = self._source.jobs()
        except ArkorDashError as error:
            release_frames(error)
            self._settle(error=str(error))
        except Exception as error:
            log.exception("The list of jobs could not be fetched")
            release_frames(error)
            self._settle(error="An unexpected error; the server's log has it.")
        else:
            self._settle(jobs=listing.jobs, malformed=listing.malformed)

    def _settle(
        self, jobs: tuple[Job, ...] | None = None, malformed: int = 0, error: str | None = None
    ) -> None:
        with self._changed:
            before = self._view
            since = None if error is None else before.failing_since_ms or self._wall() * 1000
            after = replace(before, in_flight=False, error=error, failing_since_ms=since)
            if jobs is not None:
                same = before.jobs is jobs or before.jobs == jobs
                after = replace(
                    after,
                    jobs=before.jobs if same else jobs,
                    malformed=malformed,
                    fetched_at_ms=self._wall() * 1000,
                    loaded=True,
                )
            changed = after != replace(before, in_flight=False, fetched_at_ms=after.fetched_at_ms)
            self._view = replace(after, version=before.version + changed)
            self._changed.notify_all()
