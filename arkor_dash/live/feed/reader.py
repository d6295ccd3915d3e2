"""One job's stream, read by one thread and kept up through every way it can break."""

from __future__ import annotations

import itertools
import logging
import random
import threading
import time
from collections.abc import Callable

from arkor_dash.errors import MalformedError, SourceError, SourceUnavailableError
from arkor_dash.live.tracebacks import release_frames
from arkor_dash.protocol.events import EVENT_NAMES, parse_event
from arkor_dash.protocol.jobs import CANCELLED
from arkor_dash.sources import EventStream, Frame, Source

from .connection import Closed, Connecting, Connection, Interrupted, Live, Refused
from .end_of_stream import AGAIN_S, Ending
from .gaps import Audit
from .history import JobHistory
from .resume import Position, Verdict
from .retries import PATIENCE_S, Retries
from .snapshot import FeedSnapshot

log = logging.getLogger(__name__)

ACCESS_LOOK_S = 2.0
"""How often a feed whose token was refused looks whether there is another."""

_EVENTS = frozenset(EVENT_NAMES.values())
_generations = itertools.count(1)


class JobFeed:
    """Everything that a job's stream has said so far. `start` it once; `close` it when nobody looks any more.

    Args: patience_s: how long "no such job" is taken for "not yet".
        wall: the Unix time in seconds. chance: spreads the retries of many dashboards.
    """

    def __init__(
        self,
        source: Source,
        job_id: str,
        *,
        patience_s: float = PATIENCE_S,
        wall: Callable[[], float] = time.time,
        chance: random.Random | None = None,
    ) -> None:
        self.job_id = job_id
        self._source = source
        # No secret depends on the chance.
        self._retries = Retries(patience_s, wall, chance or random.Random())  # noqa: S311
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._stream: EventStream | None = None
        self._position = Position()
        self._history = JobHistory()
        self._audit = Audit()
        self._wall = wall
        self._generation = next(_generations)
        self._version = 0
        self._connection: Connection = Connecting()
        self._latest: FeedSnapshot | None = None
        self._ending = Ending()
        self._failure: SourceError | None = None
        self._asked_with: object = None

    def start(self) -> None:
        """Begin to read, unless that is so already; after a refusal, try again.

        A refused token is also given up by itself, as soon as the source has another.
        """
        with self._lock:
            if self._stopping or isinstance(self._connection, Closed) or self._thread is not None:
                return
            self._set(Connecting())
            self._retries.opened()
            self._thread = threading.Thread(target=self._run, name=f"feed-{self.job_id[:40]}", daemon=True)
            self._thread.start()

    def retry(self) -> None:
        """Try now instead of later."""
        self._wake.set()
        self.start()

    def job_ended(self, status: str = "") -> None:
        """Polling says so, to be told at each look: once the stream has nothing more to say, it is closed for good.

        Args: status: the polled one. A cancelled job's stream is not waited for where it says nothing of its end.
        """
        if status == CANCELLED and self._source.streams_cancellation:
            status = ""
        with self._lock:
            is_news = self._ending.job_ended(status)
            stream = self._stream if self._ending.is_quiet else None
            waits = isinstance(self._connection, Interrupted)
            if self._failure is not None and isinstance(self._connection, Refused) and self._is_last():
                self._set(Closed())
        if stream is not None:
            stream.close()
        elif is_news and waits:
            self._wake.set()

    def close(self) -> None:
        """Give the connection up. Does not wait for the thread, which ends at once."""
        with self._lock:
            self._stopping = True
            stream = self._stream
        self._wake.set()
        if stream is not None:
            stream.close()

    def snapshot(self) -> FeedSnapshot:
        """The history so far; the same object until something changes."""
        with self._lock:
            if self._latest is None or self._latest.version != self._version:
                history = self._history
                self._latest = FeedSnapshot(
                    job_id=self.job_id,
                    generation=self._generation,
                    version=self._version,
                    losses=history.losses.snapshot(),
                    log=history.log(),
                    events=history.events,
                    malformed=history.malformed,
                    facts=history.facts,
                    artifacts=history.artifacts.snapshot(),
                    side_series=history.side_series.snapshot(),
                    checkpoints=tuple(history.checkpoints),
                    recovery=self._audit.recovery,
                    heard_at_ms=self._audit.heard_at_ms,
                    last_event_id=self._position.last_event_id,
                    connection=self._connection,
                )
            return self._latest

    @property
    def version(self) -> int:
        """Grows with all that a snapshot can show."""
        return self._version

    @property
    def is_reading(self) -> bool:
        """Whether the feed's thread is alive."""
        return self._thread is not None

    @property
    def has_events(self) -> bool:
        """Whether the stream has brought an event, so that the job exists."""
        return self._events() > 0

    @property
    def finished(self) -> bool:
        """Everything that the stream had to say is here, and no thread waits for more."""
        with self._lock:
            return isinstance(self._connection, Closed)

    def _run(self) -> None:
        try:
            while True:
                wait = self._read()
                if wait is not None:
                    self._wake.wait(wait)
                    self._wake.clear()
                elif self._is_unauthorized():
                    self._await_access()
                elif self._rests():
                    return
        except Exception as error:
            log.exception("The feed of job %r failed", self.job_id)
            release_frames(error)
            with self._lock:
                self._thread = None
                self._set(Refused("An unexpected error; the server's log has it."))

    def _is_last(self) -> bool:
        return self._ending.came(self._failure, self._events())

    def _events(self) -> int:
        return self._history.events + self._history.malformed

    def _rests(self) -> bool:
        """Let the thread go, unless someone has just asked to try again."""
        with self._lock:
            again = self._wake.is_set() and isinstance(self._connection, Refused) and not self._stopping
            self._wake.clear()
            if not again:
                self._thread = None
            return not again

    def _await_access(self) -> None:
        """After a refused token, wait until the source has another, or someone asks to try again."""
        while not self._stopping and self._source.credentials() == self._asked_with:
            if self._wake.wait(ACCESS_LOOK_S):
                break
        self._wake.clear()
        with self._lock:
            self._set(Connecting())

    def _is_unauthorized(self) -> bool:
        with self._lock:
            refused = isinstance(self._connection, Refused) and self._connection.unauthorized
            return refused and not self._stopping

    def _read(self) -> float | None:
        """Read one connection to its end. Returns: seconds until the next; None: there is no next."""
        try:
            self._follow()
        except SourceError as error:
            # Their variables would keep this feed and the last frame alive.
            release_frames(error)
            self._failure = error.with_traceback(None)
            self._failure.__context__ = None
        else:
            self._failure = None
        with self._lock:
            stream, self._stream = self._stream, None
            if stream is not None and stream.retry_ms is not None:
                self._retries.retry_ms = stream.retry_ms
            if self._stopping:
                return None
            if self._is_last():
                self._set(Closed())
                return None
            if self._ending.is_calm(self._failure):
                return AGAIN_S
            connection, wait = self._retries.after(self._failure, self._connection)
            self._set(connection)
            return wait

    def _follow(self) -> None:
        self._asked_with = self._source.credentials()
        with self._lock:
            if self._stopping:
                return
            self._ending.connecting(self._events())
            resume_from = self._position.connect()
        # Not under the lock: the source may read a token or a recording from the disk.
        stream = self._source.events(self.job_id, resume_from)
        with self._lock:
            if self._stopping:
                return
            self._stream = stream
        with stream:
            self._opened()
            for frame in stream:
                self._take(frame, stream.last_event_id)
                if self._ending.said or self._ending.is_quiet or self._stopping:
                    return

    def _opened(self) -> None:
        with self._lock:
            self._retries.opened()
            self._ending.opened()
            self._audit.opened(self._wall() * 1000, again=isinstance(self._connection, Interrupted))
            if isinstance(self._connection, Interrupted):
                # The source document: the banner goes with the next frame.
                before = self._connection
                self._set(Interrupted(before.since_ms, None, before.reason))
            else:
                self._set(Live())

    def _take(self, frame: Frame, last_event_id: str | None) -> None:
        with self._lock:
            if not isinstance(self._connection, Live):
                self._set(Live())
            if frame.name in _EVENTS:
                self._take_event(frame)
            self._position.passed(last_event_id)

    def _take_event(self, frame: Frame) -> None:
        if frame.name == "end":
            self._ending.said = True
            return
        self._ending.stirred()
        verdict = self._position.judge(frame.id)
        if verdict is Verdict.SEEN:
            return
        if verdict is Verdict.REOPEN:
            raise SourceUnavailableError("The stream could not be resumed. It is read again from its start.")
        if verdict is Verdict.RESTART:
            self._history = JobHistory()
            self._audit.restarted()
            self._generation = next(_generations)
        self._retries.heard()
        self._version += 1
        try:
            event = parse_event(frame.name, frame.data)
        except MalformedError:
            self._history.malformed += 1
            self._audit.took(frame.id, None, self._wall() * 1000)
            return
        emitted_at_ms = event.emitted_at_ms if event else None
        self._audit.took(frame.id, emitted_at_ms, self._wall() * 1000)
        if event is not None:
            self._history.fold(event)
        self._ending.heard(terminal=self._history.facts.terminal is not None)

    def _set(self, connection: Connection) -> None:
        if connection != self._connection:
            self._connection = connection
            self._version += 1
