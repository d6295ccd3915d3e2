"""Where a stream stands, and whether what a new connection brings was here before."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

RECENT_IDS = 1_000
"""Ids that are no numbers and of which it is known that they were here: a server may resume some events early."""


class Verdict(Enum):
    """NEW: fold it. SEEN: it was here. RESTART: the stream begins again, and so must the history.

    REOPEN: nothing tells whether it was here; the stream has to be asked for from its start.
    """

    NEW = auto()
    SEEN = auto()
    RESTART = auto()
    REOPEN = auto()


class Position:
    """The ids of one job's stream, over all its connections.

    A server may honour `Last-Event-ID`, ignore it and begin at the start, or send no ids at all. Only the
    events of the log count, not `ping` and the like: a stream can be resumed if each of them had an id.
    """

    def __init__(self) -> None:
        self.last_event_id: str | None = None
        self._first_id: str | None = None
        self._recent_ids: deque[str] = deque(maxlen=RECENT_IDS)
        self._events = 0
        self._resumable = True
        self._resumed_from: str | None = None
        self._doubtful = False

    def connect(self) -> str | None:
        """A connection is about to be made. Returns: the id to resume from; None for all there is."""
        self._resumed_from = self.last_event_id if self._resumable else None
        self._doubtful = self._events > 0
        return self._resumed_from

    def judge(self, own_id: str | None) -> Verdict:
        """What to do with an event of the log, given the id that its frame has of its own."""
        verdict = self._verdict(own_id or None) if self._doubtful else Verdict.NEW
        if verdict is Verdict.REOPEN:
            self._resumable = False
        if verdict is Verdict.RESTART:
            self._first_id, self._events, self._resumable = None, 0, True
            self._recent_ids.clear()
        if verdict is Verdict.NEW or verdict is Verdict.RESTART:
            self._doubtful = False
            self._resumable = self._resumable and bool(own_id)
            self._first_id = self._first_id if self._events else own_id
            self._events += 1
            if own_id and _number(own_id) is None:
                self._recent_ids.append(own_id)
        return verdict

    def passed(self, last_event_id: str | None) -> None:
        """A frame was dealt with: resume after it, unless the stream is still going over what was here."""
        if not self._doubtful:
            self.last_event_id = last_event_id

    def _verdict(self, own_id: str | None) -> Verdict:
        """For the first events of a connection that is not the job's first, until one is NEW."""
        if self._resumed_from is None:
            return Verdict.RESTART
        if own_id is None:
            return Verdict.REOPEN
        if own_id == self._resumed_from:
            return Verdict.SEEN
        number, seen = _number(own_id), _number(self._resumed_from)
        if number is not None and seen is not None:
            return Verdict.SEEN if number < seen else Verdict.NEW
        if own_id == self._first_id:
            return Verdict.RESTART
        return Verdict.SEEN if own_id in self._recent_ids else Verdict.NEW


def _number(event_id: str) -> int | None:
    return int(event_id) if event_id.isascii() and event_id.isdigit() and len(event_id) < 100 else None
