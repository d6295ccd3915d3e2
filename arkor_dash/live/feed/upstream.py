"""The stream that a feed reads, and the second one that takes its place after a silence."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from arkor_dash.columns.stretch import Stretch
from arkor_dash.errors import SourceError
from arkor_dash.sources import EventStream, Source
from arkor_dash.sources.streams import Stream

from .state import FeedState

CHECK_TIMEOUT_S = 10.0
"""Seconds that the second connection may take to open. Meanwhile the silent one is not read."""


class Upstream:
    """The connections of one feed. Only `close` and `close_stream` may be called by other threads.

    Args: lock: guards the `state`.
    Attributes: credentials: those of the latest request.
    """

    def __init__(self, source: Source, job_id: str, state: FeedState, lock: threading.Lock) -> None:
        self.credentials: object = None
        self._source = source
        self._job_id = job_id
        self._state = state
        self._lock = lock
        self._is_closed = False
        self._streams: list[Stream] = []
        self._successor: EventStream | None = None

    @property
    def has_successor(self) -> bool:
        """Whether the stream was closed since another one, already open, takes its place."""
        return self._successor is not None

    def close(self) -> None:
        """Close all streams, also those that are opened later."""
        with self._lock:
            self._is_closed = True
        self.close_stream()

    def close_stream(self) -> None:
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream.close()

    def release(self) -> None:
        """Free what no reader will take over. Only for the thread that reads, after `close`."""
        if self._successor is not None:
            self._successor.__exit__(None, None, None)

    @contextmanager
    def stretches(self) -> Iterator[Iterable[Stretch]]:
        """The job's events in columns, as far as the source has them so. None after `close`. Raises: SourceError."""
        archive = self._source.archive
        if archive is None:
            yield ()
            return
        stream = archive.stretches(self._job_id)
        with self._lock:
            self._streams.append(stream)
        with ExitStack() as stack:
            stack.callback(self._forget, stream)
            if self._is_closed:
                yield ()
                return
            stack.enter_context(stream)
            self._expect(stream.last_id or 0)
            stack.callback(self._expect, 0)  # of what comes later, nobody knows how much there will be
            yield stream

    @contextmanager
    def stream(self) -> Iterator[EventStream | None]:
        """The stream to read next, opened; None after `close`. Raises: SourceError."""
        with ExitStack() as stack:
            stream, self._successor = self._successor, None
            if stream is not None:
                stack.push(stream)
                stack.callback(self._forget, stream)
                with self._lock:
                    self._state.connection_replaced()
            else:
                with self._lock:
                    resume_from = self._state.connecting()
                stream = self._request(resume_from)
                stack.callback(self._forget, stream)
                if not self._is_closed:
                    stack.enter_context(stream)
                    with self._lock:
                        self._state.connection_opened()
            if self._is_closed:
                yield None
                return
            stream.watch_silence(partial(self._check, stream))
            yield stream

    def _request(self, resume_from: str | None) -> EventStream:
        self.credentials = self._source.credentials()
        # Not under the lock: the source may read a token or a recording from the disk.
        stream = self._source.events(self._job_id, resume_from)
        with self._lock:
            self._streams.append(stream)
        return stream

    def _check(self, silent: EventStream) -> None:
        """Nothing has arrived on `silent` for a while: replace it by a second stream, if it is time for that.

        The second stream is opened before the first is closed, since some servers only send what is new. Events that
        it sends again are skipped.

        Raises: SourceError: the source does not answer.
        """
        with self._lock:
            if self._is_closed or not self._state.silence.timed_out():
                return
            resume_from = self._state.resume_from
        with ExitStack() as stack:
            try:
                second = self._request(resume_from)
                stack.callback(self._forget, second)
                if self._is_closed:
                    return
                self._open_in_time(second)
                stack.push(second)
            except SourceError:
                with self._lock:
                    if self._state.silence.check_failed():
                        return
                raise
            if not (silent.has_data or self._is_closed):
                stack.pop_all()
                self._successor = second
                silent.close()

    def _open_in_time(self, stream: EventStream) -> None:
        timer = threading.Timer(CHECK_TIMEOUT_S, stream.close)
        timer.start()
        try:
            stream.__enter__()
        finally:
            timer.cancel()

    def _expect(self, events: int) -> None:
        with self._lock:
            self._state.history.metrics.expect(events)

    def _forget(self, stream: Stream) -> None:
        with self._lock:
            self._streams.remove(stream)
