"""A job's events and its output so far, read anew from their start."""

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

QUIET_S = 5.0
"""How long a stream may bring no event before the rest is given up."""
OUTPUT_QUIET_S = 2.0
"""How long a run that is on may print nothing before what it has printed so far counts as read."""
OUTPUT_LONGEST_S = 10.0
"""How long the output of a run that is on is read for, should it never be quiet."""

LOGGED = frozenset(EVENT_NAMES.values()) - {"end"}


def events_so_far(source: Source, job_id: str, count: int) -> Iterator[Frame]:
    """The first `count` events of the log, as they came; fewer only if the stream ends by itself before.

    The stream of a job that is on goes on: `count` is how many there are by now.
    Raises: SourceUnavailableError: the stream breaks off or falls silent before that. SourceError.
    """
    if count <= 0:
        return
    seen = 0
    stream = source.events(job_id)
    with stream, _Watch(stream, QUIET_S) as watch:
        try:
            for frame in stream:
                if frame.name == "end":
                    return
                if frame.name not in LOGGED:
                    continue
                seen += 1
                watch.hold()
                yield frame
                watch.stirred()
                if seen == count:
                    return
        except SourceUnavailableError:
            if not watch.bit:
                raise
        if watch.bit:
            raise SourceUnavailableError(f"The source sent {seen:,} of {count:,} events, then nothing more.")


def output_so_far(runner: Runner, job_id: str, *, live: bool) -> Iterator[bytes]:
    """What the job's run has printed, without the trailer that says how it ended.

    Args: live: the run is on, and its output goes on.
    Raises: JobNotFoundError: the source keeps no output of it. SourceError.
    """
    trailer = ExitTrailer()
    stream = runner.output(job_id)
    quiet_s, longest_s = (OUTPUT_QUIET_S, OUTPUT_LONGEST_S) if live else (None, None)
    with stream, _Watch(stream, quiet_s, longest_s) as watch:
        try:
            for piece in stream:
                watch.hold()
                yield trailer.feed(piece)
                watch.stirred()
        except SourceUnavailableError:
            if not watch.bit:
                raise
        yield trailer.end()[0]


class _Watch:
    """Closes a stream that says nothing for `quiet_s`, or that has been read for `longest_s`; None: never.

    `bit`: it did. Only what the stream takes counts, not what its reader does between `hold` and `stirred`.
    """

    def __init__(self, stream: Stream, quiet_s: float | None, longest_s: float | None = None) -> None:
        self.bit = False
        self._stream = stream
        self._quiet_s = quiet_s
        self._longest_s = longest_s
        self._began = time.monotonic()
        self._waits_since: float | None = self._began
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="history-watch", daemon=True)

    def hold(self) -> None:
        self._waits_since = None

    def stirred(self) -> None:
        self._waits_since = time.monotonic()

    def __enter__(self) -> Self:
        if self._quiet_s is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(0.1):
            if self._is_over():
                self.bit = True
                self._stream.close()
                return

    def _is_over(self) -> bool:
        now, since = time.monotonic(), self._waits_since
        is_quiet = since is not None and self._quiet_s is not None and now - since >= self._quiet_s
        return is_quiet or (self._longest_s is not None and now - self._began >= self._longest_s)
