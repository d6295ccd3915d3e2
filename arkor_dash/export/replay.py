"""A job's events so far, read again from the start."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from arkor_dash.errors import SourceUnavailableError
from arkor_dash.live.feed.resume import Position
from arkor_dash.protocol.events import EVENT_NAMES
from arkor_dash.sources.base import Source
from arkor_dash.sources.streams import Frame, Stream

EVENTS_IDLE_S = 5.0
"""Seconds without a new event after which a stream is given up."""

KNOWN = frozenset(EVENT_NAMES.values()) - {"end"}


def events_so_far(source: Source, job_id: str, count: int) -> Iterator[Frame]:
    """The first `count` events of the job, as the source sent them. One that is sent again comes once.

    The stream of a live job does not end by itself, so `count` is the number of events so far.

    Raises: SourceUnavailableError: the stream ended, broke off, or delivered no new event for `EVENTS_IDLE_S`,
        before `count`. SourceError: as the source raises.
    """
    if count <= 0:
        return
    seen, position = 0, Position()
    stream = source.events(job_id)
    with stream, _Watchdog(stream, EVENTS_IDLE_S) as watchdog:
        try:
            for frame in stream:
                if frame.name == "end":
                    break
                if frame.name not in KNOWN or not position.is_new(frame.id, frame.name, frame.data):
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
    raise SourceUnavailableError(f"The source sent {seen:,} of {count:,} events, then nothing more.")


class _Watchdog:
    """Closes a stream that has been idle for `idle_s` seconds.

    The time between `pause` and `resume`, in which the reader processes what it has read, does not count as idle.
    `has_closed` says whether the watchdog closed the stream.
    """

    def __init__(self, stream: Stream, idle_s: float) -> None:
        self.has_closed = False
        self._stream = stream
        self._idle_s = idle_s
        self._idle_since: float | None = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="export-watchdog", daemon=True)

    def pause(self) -> None:
        self._idle_since = None

    def resume(self) -> None:
        self._idle_since = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            since = self._idle_since
            if since is not None and time.monotonic() - since >= self._idle_s:
                self.has_closed = True
                self._stream.close()
                return
