"""What a feed does with the events that it receives: it adds each one to the history once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter

from arkor_dash.errors import MalformedError
from arkor_dash.metrics.reading import read_reports
from arkor_dash.metrics.reports import none_if_nan
from arkor_dash.protocol.events import EVENT_NAMES, UNLOGGED_NAMES, StreamEnd, parse_event
from arkor_dash.sources import Frame

from .end_of_stream import EndDetector
from .gaps import GapTracker
from .history import JobHistory
from .resume import Position
from .retries import Retries
from .stretch_events import REPORT, StretchEvents

FEWEST_AT_ONCE = 8
"""Fewer reports are quicker one by one."""
MOST_CHARACTERS_AT_ONCE = 1024 * 1024
"""The log keeps the text of reports that were added at once."""
END = EVENT_NAMES[StreamEnd]
_EVENTS = frozenset(EVENT_NAMES.values()) - {END}


class Intake:
    """Receives the events of one job. Not thread-safe.

    Args:
        clock: the Unix time in seconds.
        end, retries: are told of the events.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        end: EndDetector,
        retries: Retries,
    ) -> None:
        self.history = JobHistory()
        self.position = Position()
        self.gaps = GapTracker()
        self._clock = clock
        self._end = end
        self._retries = retries
        self._version = 0

    def receive_stretch(self, added: StretchEvents) -> None:
        """The next events were received in columns. Only before any frame."""
        stretch = added.stretch
        self.position.load(stretch.last_id, len(stretch))
        self.gaps.load(added, self._clock() * 1000)
        self.history.add_stretch(added)
        self._retries.event_received()
        self._end.new_event(has_terminal_event=self.history.facts.terminal is not None)

    def receive(self, frames: Sequence[Frame]) -> bool:
        """Frames were received together. Returns: whether anything has changed that a snapshot shows.

        Frames behind the end of the stream are ignored.
        """
        before = self._version
        for name, alike in groupby(frames, key=attrgetter("name")):
            run = list(alike)
            if name == END:
                self._end.end_received = True
                self.position.advance(run[0].id)
                break
            if name == REPORT and self._receive_reports(run):
                self.position.advance(run[-1].id)
                continue
            for frame in run:
                if name in _EVENTS:
                    self._receive_event(frame)
                self.position.advance(frame.id)
        return self._version > before

    def _receive_reports(self, frames: Sequence[Frame]) -> bool:
        """Add reports all at once. Returns: False if that can't be done; then nothing is added."""
        texts = [frame.data for frame in frames]
        if len(frames) < FEWEST_AT_ONCE or sum(map(len, texts)) > MOST_CHARACTERS_AT_ONCE:
            return False
        try:
            reports = read_reports(texts)
        except MalformedError:
            return False
        if not self.position.all_new(frames):
            return False
        self._end.event_received()
        self._retries.event_received()
        times = list(map(none_if_nan, reports.at_ms.tolist()))
        self.gaps.new_events([frame.id for frame in frames], times, self._clock() * 1000)
        self.history.add_reports(reports, texts)
        self._end.new_event(has_terminal_event=self.history.facts.terminal is not None)
        self._version += 1
        return True

    def _receive_event(self, frame: Frame) -> None:
        if frame.name not in UNLOGGED_NAMES:
            self._end.event_received()
        if not self.position.is_new(frame.id, frame.name, frame.data):
            if self.position.is_whole and self.gaps.replayed():
                self._version += 1
            return
        self._retries.event_received()
        self._version += 1
        self._add_event(frame)

    def _add_event(self, frame: Frame) -> None:
        now_ms = self._clock() * 1000
        try:
            event = parse_event(frame.name, frame.data)
        except MalformedError:
            event = None
            self.history.malformed += 1
        if frame.name in UNLOGGED_NAMES:
            self.gaps.unlogged_event(frame.id)
        else:
            self.gaps.new_event(frame.id, event.emitted_at_ms if event else None, now_ms)
        if event is None:
            return
        self.history.add(event)
        self._end.new_event(has_terminal_event=self.history.facts.terminal is not None)
