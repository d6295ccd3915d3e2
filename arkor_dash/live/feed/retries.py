"""What comes of a connection that has failed: another after a wait, or a refusal."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from arkor_dash.errors import (
    JobNotFoundError,
    SourceError,
    SourceUnavailableError,
    StreamGoneError,
    UnauthorizedError,
    UpgradeRequiredError,
)
from arkor_dash.live.backoff import wait_s

from .connection import Connection, Interrupted, Refused

PATIENCE_S = 20.0
"""How long a job's stream may be unknown: that of a fresh job is, until its first events are stored."""


class Retries:
    """Counts the failures since the last event. Not for several threads at once.

    Args: patience_s: how long "no such job" is taken for "not yet".
        wall: the Unix time in seconds. chance: spreads the retries of many dashboards.
    """

    def __init__(self, patience_s: float, wall: Callable[[], float], chance: random.Random) -> None:
        self.retry_ms: int | None = None
        self._patience_s = patience_s
        self._wall = wall
        self._chance = chance
        self._failures = 0
        self._unknown_since: float | None = None

    def opened(self) -> None:
        """The source has the job, whatever comes next; or someone asks to try again."""
        self._unknown_since = None

    def heard(self) -> None:
        """An event came: waits start again."""
        self._failures = 0

    def after(self, failure: SourceError | None, before: Connection) -> tuple[Connection, float | None]:
        """How the feed stands now, and the seconds until the next try; None: there is none by itself."""
        if isinstance(failure, (UnauthorizedError, StreamGoneError, UpgradeRequiredError)):
            return Refused(str(failure), unauthorized=isinstance(failure, UnauthorizedError)), None
        if failure is not None and not failure.retryable and self._out_of_patience():
            return Refused(str(failure), not_found=isinstance(failure, JobNotFoundError)), None
        self._failures += 1
        asked_s = failure.retry_after_s if isinstance(failure, SourceUnavailableError) else None
        wait = wait_s(self._failures, self.retry_ms, asked_s, self._chance)
        now_ms = self._wall() * 1000
        since_ms = before.since_ms if isinstance(before, Interrupted) else now_ms
        reason = str(failure) if failure else "The stream was closed before its end."
        return Interrupted(since_ms, now_ms + wait * 1000, reason), wait

    def _out_of_patience(self) -> bool:
        now = time.monotonic()
        if self._unknown_since is None:
            self._unknown_since = now
        return now - self._unknown_since >= self._patience_s
