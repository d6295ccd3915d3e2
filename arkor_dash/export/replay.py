"""A job's events and its output so far, read again from the start."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from arkor_dash.errors import SourceUnavailableError
from arkor_dash.protocol.events import EVENT_NAMES
from arkor_dash.protocol.exit_trailer import ExitTrailer
from arkor_dash.sources.base import Frame, Runner, Source, Stream

EVENTS_IDLE_S = 5.0
"""Seconds without an event after which a stream is given up."""
OUTPUT_IDLE_S = 2.0
"""Seconds without output after which the output of a live run counts as read up to now."""
OUTPUT_MAX_S = 10.0
"""The most seconds for which the output of a live run is read, even if it prints without a pause."""

LOGGED = frozenset(EVENT_NAMES.values()) - {"end"}


def events_so_far(source: Source, job_id: str, count: int) -> Iterator[Frame]:
    """The first `count` events of the job's log, as the source sent them.

    They are fewer only if the stream announces its end before. The stream of a live job does not end by itself, so
    `count` is the number of events so far.

    Raises: SourceUnavailableError: the stream broke off, or delivered no event for `EVENTS_IDLE_S`, before `count`.
        SourceError: as the source raises.
    """
    if count <= 0:
        return
    seen = 0
    stream = source.events(job_id)
    with stream, _Watchdog(stream, EVENTS_IDLE_S) as watchdog:
        try:
            for frame in stream:
                if frame.name == "end":
                    return
                if frame.name not in LOGGED:
                    continue
                seen += 1
                watchdog.pause()
                yield frame
                watchdog.resume()
                if seen == count:
                    return
        except SourceUnavailableError:
            if not watchdog.has_closed:
                raise
        if watchdog.has_closed:
            raise SourceUnavailableError(f"The source sent {seen:,} of {count:,} events, then nothing more.")


def output_so_far(runner: Runner, job_id: str, *, live: bool) -> Iterator[bytes]:
    """The output of the job's run, in pieces, without the exit trailer.

    Args: live: the run is in progress, so its output does not end by itself.
    Raises: JobNotFoundError: the source has no output of the job. SourceError: as the source raises.
    """
    trailer = ExitTrailer()
    stream = runner.output(job_id)
    idle_s, max_s = (OUTPUT_IDLE_S, OUTPUT_MAX_S) if live else (None, None)
    with stream, _Watchdog(stream, idle_s, max_s) as watchdog:
        try:
            for piece in stream:
                watchdog.pause()
                yield trailer.feed(piece)
                watchdog.resume()
        except SourceUnavailableError:
            if not watchdog.has_closed:
                raise
        yield trailer.end()[0]


class _Watchdog:
    """Closes a stream that has been idle for `idle_s` seconds, or open for `max_s`; None sets no limit.

    The time between `pause` and `resume`, in which the reader processes what it has read, does not count as idle.
    `has_closed` says whether the watchdog closed the stream.
    """

    def __init__(self, stream: Stream, idle_s: float | None, max_s: float | None = None) -> None:
        self.has_closed = False
        self._stream = stream
        self._idle_s = idle_s
        self._max_s = max_s
        self._opened_at = time.monotonic()
        self._idle_since: float | None = self._opened_at
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="export-watchdog", daemon=True)

    def pause(self) -> None:
        self._idle_since = None

    def resume(self) -> None:
        self._idle_since = time.monotonic()

    def __enter__(self) -> Self:
        if self._idle_s is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            if self._is_due():
                self.has_closed = True
                self._stream.close()
                return

    def _is_due(self) -> bool:
        now, since = time.monotonic(), self._idle_since
        is_idle = since is not None and self._idle_s is not None and now - since >= self._idle_s
        return is_idle or (self._max_s is not None and now - self._opened_at >= self._max_s)
