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
from arkor_dash.live.backoff import wait_s

from .connection import Connection, Interrupted, Refused

NOT_FOUND_GRACE_S = 20.0
"""Seconds for which "no such job" is retried. A new job's stream may not exist before its first event is stored."""
GONE_ADVICE = " The received events are kept. Retry requests the stream again."


class Retries:
    """Counts the failures since the last event. Not thread-safe.

    Args:
        not_found_grace_s: seconds for which "no such job" is retried.
        clock: the Unix time in seconds.
        rng: spreads the retries of many dashboards.

    Attributes: retry_ms: the `retry:` field that the stream has sent, None if it has not.
    """

    def __init__(self, not_found_grace_s: float, clock: Callable[[], float], rng: random.Random) -> None:
        self.retry_ms: int | None = None
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

    def next_state(self, failure: SourceError | None, before: Connection) -> tuple[Connection, float | None]:
        """The state after a connection has ended, and the seconds until the next attempt; None for no attempt.

        Args: failure: why the connection ended, None if it was closed. before: the state up to now.
        """
        if isinstance(failure, (UnauthorizedError, GoneError, UpgradeRequiredError)):
            advice = GONE_ADVICE if type(failure) is GoneError else ""
            return Refused(f"{failure}{advice}", unauthorized=isinstance(failure, UnauthorizedError)), None
        if failure is not None and not failure.retryable and self._grace_is_over():
            return Refused(str(failure), not_found=isinstance(failure, JobNotFoundError)), None
        self._failures += 1
        requested_s = failure.retry_after_s if isinstance(failure, SourceUnavailableError) else None
        wait = wait_s(self._failures, self.retry_ms, requested_s, self._rng)
        now_ms = self._clock() * 1000
        since_ms = before.since_ms if isinstance(before, Interrupted) else now_ms
        reason = str(failure) if failure else "The stream was closed before its end."
        return Interrupted(since_ms, now_ms + wait * 1000, reason), wait

    def _grace_is_over(self) -> bool:
        now = time.monotonic()
        if self._not_found_since is None:
            self._not_found_since = now
        return now - self._not_found_since >= self._not_found_grace_s
