"""Decides when a job's stream is complete."""

from __future__ import annotations

import time

from arkor_dash.errors import GoneError, JobNotFoundError, SourceError
from arkor_dash.protocol.jobs import CANCELLED

QUIET_S = 10.0
"""Seconds without an event after which the open stream of an ended job is closed. A terminal event may be late."""
CANCELLED_QUIET_S = 1.0
"""The same for a cancelled job, which may have no terminal event."""
EMPTY_CONNECTIONS = 3
"""The number of connections in a row without a new event after which the stream of an ended job is complete."""
CANCELLED_EMPTY_CONNECTIONS = 2
"""The same for a cancelled job."""
ENDED_RETRY_S = 0.5
"""Seconds between two connections to the stream of an ended job."""


class EndDetector:
    """Decides when the stream of one job is complete. Not thread-safe.

    A stream normally announces its end, by an `end` event or by a terminal event before it is closed. If it does not,
    only the polled list of jobs shows that the job has ended. The last events may still be missing then, and the open
    connection may have been dead for a long time. So the stream is opened again until a few connections have
    delivered no new event.

    Attributes: end_received: the stream has sent `end`.
    """

    def __init__(self) -> None:
        self.end_received = False
        self._has_terminal_event = False
        self._polled_status: str | None = None
        self._had_ended_at_connect = False
        self._was_opened = False
        self._events_before = 0
        self._empty_connections = 0
        self._last_event_at: float | None = None

    def job_ended(self, status: str) -> bool:
        """The polled list shows that the job has ended. Returns: whether this is the first such call."""
        is_first = self._polled_status is None
        self._polled_status = status
        if is_first and self._last_event_at is not None:
            self._last_event_at = time.monotonic()
        return is_first

    def connecting(self, events: int) -> None:
        """A connection is about to be opened. `events`: the number received before."""
        self._had_ended_at_connect = self._polled_status is not None
        self._was_opened = False
        self._events_before = events
        self._last_event_at = None

    def connection_opened(self) -> None:
        self._was_opened = True
        self._last_event_at = time.monotonic()

    def event_received(self) -> None:
        """An event was received, new or repeated."""
        self._last_event_at = time.monotonic()

    def new_event(self, *, has_terminal_event: bool) -> None:
        """A new event was received. `has_terminal_event` says whether the history now holds a terminal event."""
        self._has_terminal_event = has_terminal_event

    @property
    def job_has_ended(self) -> bool:
        """Whether the polled list shows that the job has ended."""
        return self._polled_status is not None

    @property
    def is_quiet(self) -> bool:
        """Whether the job has ended, and its open stream has delivered no event for a while."""
        if self._polled_status is None or self._last_event_at is None:
            return False
        limit_s = CANCELLED_QUIET_S if self._polled_status == CANCELLED else QUIET_S
        return time.monotonic() - self._last_event_at >= limit_s

    def end_is_expected(self, failure: SourceError | None) -> bool:
        """Whether the end of a connection is no interruption, since the job has ended."""
        return self._polled_status is not None and (failure is None or self.is_quiet)

    def is_last_connection(self, failure: SourceError | None, events: int, *, is_passing: bool) -> bool:
        """Whether a connection that ended with this failure was certainly the last one.

        Args:
            failure: why the connection ended, None if it was closed normally.
            events: number received so far.
            is_passing: whether "no such job" may be a passing answer.
        """
        if self.end_received or self._has_terminal_event:
            return True
        if self._polled_status is None:
            return False
        if isinstance(failure, JobNotFoundError):
            return not is_passing
        return events > 0 and isinstance(failure, GoneError)

    def is_complete(self, failure: SourceError | None, events: int, *, is_passing: bool) -> bool:
        """Whether the stream is complete, judging by all connections so far. Call once after each connection."""
        if self.is_last_connection(failure, events, is_passing=is_passing):
            return True
        if not (self._had_ended_at_connect and self._was_opened):
            return False
        is_empty = events == self._events_before
        self._empty_connections = self._empty_connections + 1 if is_empty else 0
        is_cancelled = self._polled_status == CANCELLED
        return self._empty_connections >= (CANCELLED_EMPTY_CONNECTIONS if is_cancelled else EMPTY_CONNECTIONS)
