"""The state after a failed connection: waiting for the next attempt, or refused."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from arkor_dash.errors import (
    GoneError,
    JobNotFoundError,
    SourceError,
    SourceUnavailableError,
    UnauthorizedError,
    UpgradeRequiredError,
)
from arkor_dash.live import backoff

from .connection import Connection, Interrupted, Refused

NOT_FOUND_GRACE_S = 20.0
"""Seconds for which "no such job" is retried. A new job's stream may not exist before its first event is stored."""
LISTED_LONGEST_WAIT_S = 10.0
"""The longest wait while the source answers requests for its list of jobs."""
LISTED_NOT_FOUND = "The source lists this job, but answers that it has no such event stream (404)."
GONE_ADVICE = " The received events are kept. Retry requests the stream again."


class Retries:
    """Counts the failures since the last event. Not thread-safe.

    Args:
        not_found_grace_s: seconds for which "no such job" is retried.
        clock: the Unix time in seconds.
        rng: spreads the retries of many dashboards.

    A job that the source lists, and that has not ended, has a stream. So an answer that denies it is a passing fault.

    Attributes:
        retry_ms: the `retry:` field that the stream has sent, None if it has not.
        list_answers: whether the source answered the latest request for the list of jobs; None before the first.
        is_running: whether the list holds the job, and the job has not ended.
        was_told_to_wait: whether the latest failure came with a `Retry-After`.
    """

    def __init__(self, not_found_grace_s: float, clock: Callable[[], float], rng: random.Random) -> None:
        self.retry_ms: int | None = None
        self.list_answers: bool | None = None
        self.is_running = False
        self.was_told_to_wait = False
        self._not_found_grace_s = not_found_grace_s
        self._clock = clock
        self._rng = rng
        self._failures = 0
        self._not_found_since: float | None = None

    def restart_grace(self) -> None:
        """The job exists, or someone has requested a retry."""
        self._not_found_since = None

    def event_received(self) -> None:
        """A new event was received, so the waits start again at the shortest one."""
        self._failures = 0

    def next_state(self, failure: SourceError | None, since_ms: float) -> tuple[Connection, float | None]:
        """The state after a connection has ended, and the seconds until the next attempt; None for no attempt.

        Args:
            failure: why the connection ended, None if it was closed.
            since_ms: since when there is no connection.
        """
        if failure is not None and self._is_final(failure):
            advice = GONE_ADVICE if type(failure) is GoneError else ""
            return Refused(
                f"{failure}{advice}",
                unauthorized=isinstance(failure, UnauthorizedError),
                not_found=isinstance(failure, JobNotFoundError),
            ), None
        self._failures += 1
        requested_s = failure.retry_after_s if isinstance(failure, SourceUnavailableError) else None
        self.was_told_to_wait = requested_s is not None
        longest_s = min(LISTED_LONGEST_WAIT_S, backoff.LONGEST_WAIT_S) if self.list_answers else None
        wait = backoff.wait_s(self._failures, self.retry_ms, requested_s, self._rng, longest_s)
        reason = str(failure) if failure else "The stream was closed before its end."
        if self.is_running and isinstance(failure, JobNotFoundError):
            reason = LISTED_NOT_FOUND
        return Interrupted(since_ms, self._clock() * 1000 + wait * 1000, reason), wait

    def _is_final(self, failure: SourceError) -> bool:
        if isinstance(failure, UnauthorizedError):
            return not (self.list_answers and self.is_running)  # the list was answered with the same token
        if isinstance(failure, (GoneError, UpgradeRequiredError)):
            return True
        return not self.is_passing(failure)

    def is_passing(self, failure: SourceError | None) -> bool:
        """Whether a retry can help, other than by another token or another version."""
        if failure is None or failure.retryable or self.is_running:
            return True
        now = time.monotonic()
        if self._not_found_since is None:
            self._not_found_since = now
        return now - self._not_found_since < self._not_found_grace_s
