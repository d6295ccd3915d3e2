"""Where a stream is resumed, and which events of a new connection are repeated ones."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

RECENT_IDS = 1_000
"""The number of ids that are kept if they are not numeric. A server may resume a few events too early."""


class EventPlace(Enum):
    """The place of an event in relation to the events that were received before.

    NEW: after them. REPEATED: one of them. RESTARTED: the first of a stream that starts again from its beginning.
    UNKNOWN: its place can't be determined, so the stream has to be read again from its beginning.
    """

    NEW = auto()
    REPEATED = auto()
    RESTARTED = auto()
    UNKNOWN = auto()


class Position:
    """The position in one job's stream, over all its connections. Not thread-safe.

    A server may honour `Last-Event-ID`, ignore it and start from the beginning, or send no ids at all. Only events
    of `EVENT_NAMES` count, not `ping` and others. A stream can be resumed if each of its events had an id.

    Attributes: last_event_id: the id to resume from.
    """

    def __init__(self) -> None:
        self.last_event_id: str | None = None
        self._first_id: str | None = None
        self._recent_ids: deque[str] = deque(maxlen=RECENT_IDS)
        self._events = 0
        self._is_resumable = True
        self._resumed_from: str | None = None
        self._may_repeat = False

    def connect(self) -> str | None:
        """A connection is about to be opened. Returns: the id to resume from; None to read from the beginning."""
        self._resumed_from = self.last_event_id if self._is_resumable else None
        self._may_repeat = self._events > 0
        return self._resumed_from

    def place(self, own_id: str | None) -> EventPlace:
        """The place of the next event. Args: own_id: the id that its frame holds."""
        place = self._find_place(own_id or None) if self._may_repeat else EventPlace.NEW
        if place is EventPlace.UNKNOWN:
            self._is_resumable = False
        if place is EventPlace.RESTARTED:
            self._first_id, self._events, self._is_resumable = None, 0, True
            self._recent_ids.clear()
        if place is EventPlace.NEW or place is EventPlace.RESTARTED:
            self._may_repeat = False
            self._is_resumable = self._is_resumable and bool(own_id)
            self._first_id = self._first_id if self._events else own_id
            self._events += 1
            if own_id and _number(own_id) is None:
                self._recent_ids.append(own_id)
        return place

    def advance(self, last_event_id: str | None) -> None:
        """Resume after the frame that was just handled, unless the stream is still repeating events."""
        if not self._may_repeat:
            self.last_event_id = last_event_id

    def _find_place(self, own_id: str | None) -> EventPlace:
        """The place of an event on a later connection on which no new event was received yet."""
        if self._resumed_from is None:
            return EventPlace.RESTARTED
        if own_id is None:
            return EventPlace.UNKNOWN
        if own_id == self._resumed_from:
            return EventPlace.REPEATED
        number, resumed_from = _number(own_id), _number(self._resumed_from)
        if number is not None and resumed_from is not None:
            return EventPlace.REPEATED if number < resumed_from else EventPlace.NEW
        if own_id == self._first_id:
            return EventPlace.RESTARTED
        return EventPlace.REPEATED if own_id in self._recent_ids else EventPlace.NEW


def _number(event_id: str) -> int | None:
    return int(event_id) if event_id.isascii() and event_id.isdigit() and len(event_id) < 100 else None
