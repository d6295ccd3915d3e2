"""Finds out how many events an interruption has delayed or lost, and when the last event happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .seen import counted
from .stretch_events import StretchEvents

BACKLOG_MS = 5_000.0
"""Events that arrive within this time after a connection was opened may have happened before."""
MISSING_IDS_KEPT = 20
_LARGEST_ID = 10**15 - 1


@dataclass(frozen=True, slots=True)
class Recovery:
    """The events that the last reconnection has recovered, and those that are missing.

    `at_ms` is the time of the reconnection, in Unix milliseconds. `events` is the number of events that happened
    during the interruption.
    `missing` is the number of ids that were skipped, and `missing_ids` are the first of them. If the source
    does not number its events one by one and has not replayed them all, the number is not known, and `missing` is
    None.
    """

    at_ms: float
    events: int = 0
    missing: int | None = None
    missing_ids: tuple[int, ...] = ()


class GapTracker:
    """Follows the ids and times of a stream's events. Times are Unix milliseconds. Not thread-safe.

    Attributes:
        recovery: the result of the last reconnection, None if there was none.
        last_event_at_ms: when the last event happened. That is the time of its arrival, except for old events.
    """

    def __init__(self) -> None:
        self.recovery: Recovery | None = None
        self.last_event_at_ms: float | None = None
        self._opened_at_ms = 0.0
        self._delay_ms = 0.0
        self._last_id: int | None = None
        self._ids_count_up = True
        self._was_replayed = False

    def connection_opened(self, now_ms: float, *, again: bool) -> None:
        """A connection was opened. `again` says that it follows an interrupted one."""
        self._opened_at_ms = now_ms
        self._was_replayed = False
        if again:
            self.recovery = Recovery(now_ms, missing=0 if self._counts_ids else None)

    def replayed(self) -> bool:
        """The connection has repeated all events from the first to the newest. Returns: whether that is news."""
        is_news = self.recovery is not None and not self._was_replayed
        self._was_replayed = True
        if self.recovery is not None and is_news:
            self.recovery = replace(self.recovery, missing=self.recovery.missing or 0)
        return is_news

    def new_event(self, event_id: str | None, emitted_at_ms: float | None, now_ms: float) -> None:
        """A new event was received. `emitted_at_ms` is the time by the clock of the trainer."""
        is_current = now_ms - self._opened_at_ms > BACKLOG_MS
        if is_current and emitted_at_ms is not None:
            self._delay_ms = now_ms - emitted_at_ms
        has_past_time = emitted_at_ms is not None and emitted_at_ms <= now_ms
        self.last_event_at_ms = emitted_at_ms if has_past_time and not is_current else now_ms
        if self.recovery is not None:
            was_delayed = emitted_at_ms is not None and emitted_at_ms + self._delay_ms < self.recovery.at_ms
            self.recovery = replace(self.recovery, events=self.recovery.events + was_delayed)
        self.unlogged_event(event_id)

    def load(self, added: StretchEvents, now_ms: float) -> None:
        """The next events were received in columns."""
        self.connection_opened(now_ms, again=False)
        last_id = added.stretch.last_id
        self._last_id = last_id - 1
        if added.has_newest:
            self.new_event(str(last_id), added.newest_ms, now_ms)
        else:
            self.unlogged_event(str(last_id))

    def new_events(
        self, ids: Sequence[str | None], emitted_at_ms: Sequence[float | None], now_ms: float
    ) -> None:
        """Several new events were received, as by `new_event`."""
        follow = counted(ids) if self.recovery is None else None
        if follow is None or follow[-1] > _LARGEST_ID or self._last_id not in {None, follow[0] - 1}:
            for event_id, at_ms in zip(ids, emitted_at_ms, strict=True):
                self.new_event(event_id, at_ms, now_ms)
            return
        # Of events that count up, only the newest one and the newest time are remembered.
        last_time = next((at_ms for at_ms in reversed(emitted_at_ms) if at_ms is not None), None)
        for at_ms in {last_time: None, emitted_at_ms[-1]: None}:
            self._last_id = follow[-1] - 1
            self.new_event(ids[-1], at_ms, now_ms)

    def unlogged_event(self, event_id: str | None) -> None:
        """A new event was received that is not in the event log. Only its id counts."""
        skipped = self._skipped_ids(event_id)
        if self.recovery is None:
            self._ids_count_up = self._ids_count_up and not skipped
        elif self._ids_count_up:
            ids = (*self.recovery.missing_ids, *skipped[:MISSING_IDS_KEPT])[:MISSING_IDS_KEPT]
            missing = (self.recovery.missing or 0) + len(skipped)
            self.recovery = replace(self.recovery, missing=missing, missing_ids=ids)
        elif not self._was_replayed:
            self.recovery = replace(self.recovery, missing=None, missing_ids=())

    @property
    def _counts_ids(self) -> bool:
        return self._ids_count_up and self._last_id is not None

    def _skipped_ids(self, event_id: str | None) -> range:
        """The ids between the last event's and this one's."""
        if event_id is None or not (event_id.isascii() and event_id.isdigit() and len(event_id) < 16):
            self._ids_count_up = False
            return range(0)
        number = int(event_id)
        last, self._last_id = self._last_id, number
        if last is not None and number <= last:
            self._ids_count_up = False
        return range(0) if last is None else range(last + 1, number)
