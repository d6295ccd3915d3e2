"""The state of a feed: the job's history, and the connection to the source."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Sequence

from arkor_dash.errors import SourceError
from arkor_dash.live.notifier import changes
from arkor_dash.sources import Frame

from .connection import Closed, Connecting, Connection, Interrupted, Live, Refused
from .end_of_stream import ENDED_RETRY_S, EndDetector
from .intake import Intake
from .retries import Retries
from .silence import Silence
from .snapshot import FeedSnapshot
from .stretch_events import StretchEvents

OPEN_S = 5.0
"""Seconds after which an open stream counts as restored if the source answers other requests."""
_generations = itertools.count(1)


class FeedState:
    """The history of a job, the state of the connection, and how each frame changes them.

    Not thread-safe, and never waits for anything.

    Args:
        not_found_grace_s: seconds for which "no such job" is retried.
        clock: the Unix time in seconds.
        rng: spreads the retries of many dashboards.

    Attributes:
        version: grows with every change that a snapshot can show.
        silence: that of the open stream.
    """

    def __init__(
        self, job_id: str, not_found_grace_s: float, clock: Callable[[], float], rng: random.Random
    ) -> None:
        self.connection: Connection = Connecting()
        self.version = 0
        self._job_id = job_id
        self._clock = clock
        self._generation = next(_generations)
        self._retries = Retries(not_found_grace_s, clock, rng)
        self._end = EndDetector()
        self._intake = Intake(clock, self._end, self._retries)
        self.history = self._intake.history
        self.silence = Silence()
        self._opened_at: float | None = None
        self._failure: SourceError | None = None
        self._interrupted_since_ms: float | None = None
        self._is_listed = False
        self._latest: FeedSnapshot | None = None

    @property
    def events(self) -> int:
        """Number of events of the log, those that could not be parsed included."""
        return self.history.events + self.history.malformed

    @property
    def may_stop_reading(self) -> bool:
        """Whether the open connection will deliver no further event."""
        return self._end.end_received or self._end.is_quiet

    @property
    def is_quiet(self) -> bool:
        """Whether the job has ended, and its open stream has delivered no event for a while."""
        return self._end.is_quiet

    @property
    def resume_from(self) -> str | None:
        """The event id to resume from; None for the whole stream."""
        return self._intake.position.resume_from

    def reset_connection(self) -> None:
        """A stream that was refused is requested again."""
        if self.events and self._interrupted_since_ms is not None and isinstance(self.connection, Refused):
            self._set(Interrupted(self._interrupted_since_ms, None, self.connection.reason))
        else:
            self._set(Connecting())
        self._retries.restart_grace()

    def list_fetched(self, *, answered: bool, has_job: bool) -> bool:
        """The source has answered with its list of jobs or not. Returns: whether to request the stream again now.

        The source may be back before the next attempt is due: then the list is answered again after a failure. A
        refused token was refused in passing if the list is answered with the same one.
        """
        is_back = answered and self._retries.list_answers is False
        is_newly_listed = has_job and not self._is_listed
        self._retries.list_answers, self._is_listed = answered, has_job
        self.silence.list_fetched(answered=answered)
        self._retries.is_running = has_job and not self._end.job_has_ended
        if isinstance(self.connection, Refused):
            is_accepted = self.connection.unauthorized and answered and self._retries.is_running
            return is_back or is_newly_listed or is_accepted
        if self._opened_at is not None:
            if answered and time.monotonic() - self._opened_at >= OPEN_S:
                self._set(Live())
            return False
        return isinstance(self.connection, Interrupted) and is_back and not self._retries.was_told_to_wait

    def refuse(self, reason: str) -> None:
        """Reading has failed, and a retry would not help."""
        self._set(Refused(reason))

    def job_ended(self, status: str) -> bool:
        """The polled list shows that the job has ended. Returns: whether this is the first such call."""
        is_first = self._end.job_ended(status)
        self._retries.is_running = False
        refused = self._failure is not None and isinstance(self.connection, Refused)
        progress = self._intake.position.progress
        if refused and self._end.is_last_connection(self._failure, progress, is_passing=False):
            self._set(Closed())
        return is_first

    def connecting(self) -> str | None:
        """A connection is about to be opened. Returns: the event id to resume from; None for the whole stream."""
        self._end.connecting(self._intake.position.progress)
        self._intake.position.connect()
        return self.resume_from

    def connection_opened(self) -> None:
        self._opened_at = time.monotonic()
        was_interrupted = isinstance(self.connection, Interrupted)
        self._retries.restart_grace()
        self._end.connection_opened()
        self._intake.gaps.connection_opened(self._clock() * 1000, again=was_interrupted)
        if isinstance(self.connection, Interrupted):
            # The interruption lasts until the first frame, or until the source has answered another request.
            self._set(Interrupted(self.connection.since_ms, None, self.connection.reason))
        else:
            self._set(Live())

    def connection_replaced(self) -> None:
        """A second connection, which is open, takes the place of a silent one."""
        self.connecting()
        self._end.connection_opened()
        self._intake.gaps.connection_opened(self._clock() * 1000, again=False)
        self._set(Live())

    def connection_ended(self, failure: SourceError | None) -> float | None:
        """A connection has ended. Returns: seconds until the next attempt; None if there is none.

        Args: failure: why it ended, None if the server closed it.
        """
        self._failure = failure
        self._opened_at = None
        is_passing = self._retries.is_passing(failure)
        if self._end.is_complete(failure, self._intake.position.progress, is_passing=is_passing):
            self._set(Closed())
            return None
        if self._end.end_is_expected(failure):
            return ENDED_RETRY_S
        if self._interrupted_since_ms is None:
            self._interrupted_since_ms = self._clock() * 1000
        connection, wait = self._retries.next_state(failure, self._interrupted_since_ms)
        self._set(connection)
        return wait

    def frames_received(self, frames: Sequence[Frame], retry_ms: int | None) -> None:
        """Frames were received together, at least one. `retry_ms` is the stream's after these frames."""
        if retry_ms is not None:
            self._retries.retry_ms = retry_ms
        self._set(Live())
        self.silence.heard()
        if self._intake.receive(frames):
            self._changed()

    @property
    def is_new(self) -> bool:
        """Whether nothing was received yet."""
        return not self.events and not self.history.unlogged

    def stretch_received(self, added: StretchEvents) -> None:
        """The next events were received in columns, before any connection was opened."""
        self._intake.receive_stretch(added)
        self._changed()

    def snapshot(self) -> FeedSnapshot:
        """The same object until something changes."""
        if self._latest is None or self._latest.version != self.version:
            history = self.history
            self._latest = FeedSnapshot(
                job_id=self._job_id,
                generation=self._generation,
                version=self.version,
                metrics=history.metrics.snapshot(),
                environment=history.environment,
                system=history.system.snapshot(),
                log=history.log(),
                events=history.events,
                unlogged=history.unlogged,
                malformed=history.malformed,
                facts=history.facts,
                artifacts=history.artifacts.snapshot(),
                recovery=self._intake.gaps.recovery,
                last_event_at_ms=self._intake.gaps.last_event_at_ms,
                last_event_id=self._intake.position.last_event_id,
                connection=self.connection,
            )
        return self._latest

    def _set(self, connection: Connection) -> None:
        if isinstance(connection, Live):
            self._interrupted_since_ms = None
        elif isinstance(connection, Closed):
            self.history.metrics.finish()
        if connection != self.connection:
            self.connection = connection
            self._changed()

    def _changed(self) -> None:
        self.version += 1
        changes.notify()
