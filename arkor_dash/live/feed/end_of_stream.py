"""When a job's stream is over for good."""

from __future__ import annotations

import time

from arkor_dash.errors import JobNotFoundError, SourceError, StreamGoneError
from arkor_dash.protocol.jobs import CANCELLED

QUIET_S = 10.0
"""How long the stream of an ended job may bring no event and still be waited for: it has one that says the end."""
CANCELLED_QUIET_S = 1.0
"""The same of a cancelled job, for whose end there is no event."""
TRIES = 3
"""Connections in a row that were answered and brought nothing, after which an ended job is not asked again."""
CANCELLED_TRIES = 2
AGAIN_S = 0.5
"""The wait before an ended job, whose stream is not broken, is asked whether that was all."""


class Ending:
    """What tells that no more will come. Not for several threads at once.

    A stream says its own end, by `end` or by a terminal event before it closes. Where it does not, only polling
    tells that the job has ended, and what was not read by then may still be on its way: a connection that was
    open at the time may be long dead. So the stream is asked for some more, until that brings nothing more.
    """

    def __init__(self) -> None:
        self.said = False
        self._terminal = False
        self._job_status: str | None = None
        self._knew_before = False
        self._answered = False
        self._events_before = 0
        self._in_vain = 0
        self._quiet_since: float | None = None

    def job_ended(self, status: str) -> bool:
        """Polling says that the job has ended. Returns: whether that is news."""
        is_news = self._job_status is None
        self._job_status = status
        if is_news and self._quiet_since is not None:
            self._quiet_since = time.monotonic()
        return is_news

    def connecting(self, events: int) -> None:
        """A connection is about to be made, and `events` are here."""
        self._knew_before = self._job_status is not None
        self._answered = False
        self._events_before = events
        self._quiet_since = None

    def opened(self) -> None:
        self._answered = True
        self._quiet_since = time.monotonic()

    def stirred(self) -> None:
        """An event, be it one that was here before."""
        self._quiet_since = time.monotonic()

    def heard(self, *, terminal: bool) -> None:
        """An event that was not here before. `terminal`: the history now holds a terminal one."""
        self._terminal = terminal

    @property
    def is_quiet(self) -> bool:
        """The job has ended, and its open stream has nothing more to say."""
        if self._job_status is None or self._quiet_since is None:
            return False
        patience_s = CANCELLED_QUIET_S if self._job_status == CANCELLED else QUIET_S
        return time.monotonic() - self._quiet_since >= patience_s

    def is_calm(self, failure: SourceError | None) -> bool:
        """Whether a connection that has ended so was not broken: the job is over, and so may be its stream."""
        return self._job_status is not None and (failure is None or self.is_quiet)

    def came(self, failure: SourceError | None, events: int) -> bool:
        """Whether the connection that has ended so was the last one that was needed. `events` are here now."""
        if self.said or self._terminal:
            return True
        if self._job_status is None:
            return False
        if isinstance(failure, JobNotFoundError) or (events and isinstance(failure, StreamGoneError)):
            return True
        if not (self._knew_before and self._answered):
            return False
        self._in_vain = self._in_vain + 1 if events == self._events_before else 0
        return self._in_vain >= (CANCELLED_TRIES if self._job_status == CANCELLED else TRIES)
