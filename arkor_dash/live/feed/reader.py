"""The thread that reads one job's stream, and opens it again after an interruption."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from arkor_dash.errors import UNEXPECTED_ERROR, SourceError
from arkor_dash.live.tracebacks import release_frames
from arkor_dash.protocol.jobs import CANCELLED
from arkor_dash.sources import EventStream, Source

from .connection import Closed, Interrupted, Refused
from .retries import NOT_FOUND_GRACE_S
from .snapshot import FeedSnapshot
from .state import FeedState
from .stretch_events import read_stretch
from .upstream import Upstream

log = logging.getLogger(__name__)

CREDENTIALS_CHECK_S = 2.0
"""Seconds between two checks for a new token after the old one was refused."""


class JobFeed:
    """Reads a job's stream in a thread of its own. Thread-safe.

    Call `start` once, and `close` when the feed is no longer needed.

    Args:
        not_found_grace_s: seconds for which "no such job" is retried.
        clock: the Unix time in seconds.
        rng: spreads the retries of many dashboards.
    """

    def __init__(
        self,
        source: Source,
        job_id: str,
        *,
        not_found_grace_s: float = NOT_FOUND_GRACE_S,
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
    ) -> None:
        self.job_id = job_id
        self._source = source
        # Pages and the event loop take this lock, so it is not held while waiting for a disk or a network.
        self._lock = threading.Lock()
        self._state = FeedState(
            job_id,
            not_found_grace_s,
            clock,
            rng or random.Random(),  # noqa: S311 - no secret depends on it
        )
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._upstream = Upstream(source, job_id, self._state, self._lock)

    def start(self) -> None:
        """Start to read, unless the thread is running. After a refusal, try again.

        After a refusal the feed also tries again by itself, as soon as the source has another token or shows by its
        list of jobs that it accepts requests again.
        """
        with self._lock:
            is_closed = isinstance(self._state.connection, Closed)
            if self._stopping or is_closed or self._thread is not None:
                return
            self._state.reset_connection()
            self._thread = threading.Thread(target=self._run, name=f"feed-{self.job_id[:40]}", daemon=True)
            self._thread.start()

    def retry(self) -> None:
        """Try again now, without waiting any longer."""
        self._wake.set()
        self.start()

    def job_ended(self, status: str = "") -> None:
        """The polled list shows that the job has ended with `status`. Call this at every poll.

        The stream is complete once it delivers no further event. For a cancelled job the feed waits only briefly,
        unless the source reports cancellations in the stream.
        """
        if status == CANCELLED and self._source.streams_cancellation:
            status = ""
        with self._lock:
            is_first = self._state.job_ended(status)
            is_quiet = self._state.is_quiet
            is_waiting = isinstance(self._state.connection, Interrupted)
        if is_quiet:
            self._upstream.close_stream()
        elif is_first and is_waiting:
            self._wake.set()

    def list_fetched(self, *, answered: bool, has_job: bool) -> None:
        """The source has answered with its list of jobs, which holds this job or not; or it has not answered."""
        with self._lock:
            again = self._state.list_fetched(answered=answered, has_job=has_job)
        if again:
            self.retry()

    def close(self) -> None:
        """Stop reading. Returns at once; the thread ends soon after."""
        self._stopping = True
        self._wake.set()
        self._upstream.close()

    def snapshot(self) -> FeedSnapshot:
        """The history so far; the same object until something changes."""
        with self._lock:
            return self._state.snapshot()

    @property
    def version(self) -> int:
        """Grows with every change that a snapshot can show."""
        return self._state.version

    @property
    def is_reading(self) -> bool:
        """Whether the feed's thread is running."""
        return self._thread is not None

    @property
    def has_events(self) -> bool:
        """Whether the stream has delivered an event, which proves that the job exists."""
        return self._state.events > 0

    @property
    def numbers(self) -> int:
        """How many numbers the history holds, which make its size: steps, times and values."""
        metrics = self.snapshot().metrics
        values = sum(len(metric.finite) + len(metric.nonfinite) for metric in metrics.metrics.values())
        return 2 * len(metrics.steps) + values

    @property
    def is_complete(self) -> bool:
        """Whether the stream is complete."""
        with self._lock:
            return isinstance(self._state.connection, Closed)

    def _run(self) -> None:
        try:
            while True:
                wait = self._read()
                if wait is not None:
                    self._wake.wait(wait)
                    self._wake.clear()
                elif self._is_unauthorized():
                    self._wait_for_credentials()
                elif self._may_end_thread():
                    return
        except Exception as error:
            log.exception("The feed of job %r failed", self.job_id)
            release_frames(error)
            with self._lock:
                self._thread = None
                self._state.refuse(UNEXPECTED_ERROR)

    def _may_end_thread(self) -> bool:
        """Whether the thread may end; not if someone has just requested a retry."""
        with self._lock:
            is_refused = isinstance(self._state.connection, Refused)
            again = self._wake.is_set() and is_refused and not self._stopping
            self._wake.clear()
            if not again:
                self._thread = None
            return not again

    def _is_unauthorized(self) -> bool:
        with self._lock:
            connection = self._state.connection
            return isinstance(connection, Refused) and connection.unauthorized and not self._stopping

    def _wait_for_credentials(self) -> None:
        """Wait until the source has another token than the refused one, or someone requests a retry."""
        while not self._stopping and self._source.credentials() == self._upstream.credentials:
            if self._wake.wait(CREDENTIALS_CHECK_S):
                break
        self._wake.clear()
        with self._lock:
            self._state.reset_connection()

    def _read(self) -> float | None:
        """Read one connection to its end. Returns: seconds until the next one; None if there is none."""
        failure: SourceError | None = None
        self._load()
        try:
            with self._upstream.stream() as stream:
                if stream is not None:
                    self._follow(stream)
        except SourceError as error:
            # The variables in the error's frames would keep this feed and the last event alive.
            release_frames(error)
            failure = error.with_traceback(None)
            failure.__context__ = None
        with self._lock:
            if self._stopping:
                self._upstream.release()
                return None
            if self._upstream.has_successor:
                return 0.0
            return self._state.connection_ended(failure)

    def _load(self) -> None:
        """Read the past in columns, if the source can. The stream has what is missing after a failure."""
        with self._lock:
            if not self._state.is_new:
                return
        try:
            with self._upstream.stretches() as stretches:
                for stretch in stretches:
                    added = read_stretch(stretch)
                    with self._lock:
                        self._state.stretch_received(added)
                    if self._stopping:
                        return
        except SourceError as error:
            release_frames(error)

    def _follow(self, stream: EventStream) -> None:
        for frames in stream.reads():
            with self._lock:
                self._state.frames_received(frames, stream.retry_ms)
                if self._state.may_stop_reading or self._stopping:
                    return
