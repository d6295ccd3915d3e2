"""Where a stream is resumed, and which of its events were received before."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from arkor_dash.sources import Frame

from .seen import SeenEvents, event_key

SEARCHES = 100
"""The number of events of a replay that may be looked for in vain. After more, it is a different history."""


class Position:
    """The position in one job's stream, over all its connections. Not thread-safe.

    A server may honour `Last-Event-ID`, resume a few events earlier, ignore it and start from the beginning, send an
    event again on the same connection, or send no ids at all. Only events of `EVENT_NAMES` count, not `ping` and
    others.

    An event with an id is a repeated one if an event with the same id and content was received before, in whatever
    order. The content counts too, since some servers give several events the same id.

    Events without an id can only be compared by their content and order, and two of them may be equal. So the first
    one of each later connection decides. If it equals the first event of the history, the server replays from the
    start; if it equals a later one, it repeats the events from there. The repeated events are skipped up to the
    newest known one. Otherwise the server only sends new events, and events may be missing.

    Attributes:
        last_event_id: the id of the last frame before which nothing has to be repeated.
    """

    def __init__(self) -> None:
        self.last_event_id: str | None = None
        self._is_resumable = True
        self._seen = SeenEvents()
        self._unnumbered = array("Q")
        self._events = 0
        self._known = 0
        self._next: int | None = None
        self._start: int | None = None
        self._searches = 0
        self._repeated = 0
        self._furthest = 0
        self._is_repeating = False

    @property
    def resume_from(self) -> str | None:
        """The id to resume from; None to read from the beginning, unless each event so far had an id."""
        return self.last_event_id if self._is_resumable else None

    @property
    def is_whole(self) -> bool:
        """Whether the connection has replayed all known events without an id, so that none is missing."""
        return self._start == 0 and self._next == self._known > 0

    @property
    def progress(self) -> int:
        """A number that grows with new events, and if a replay gets further than those that broke off earlier."""
        return self._events + max(self._furthest, self._replayed())

    def connect(self) -> None:
        """A connection is about to be opened."""
        self._furthest = max(self._furthest, self._replayed())
        self._known = len(self._unnumbered)
        self._next = self._start = None
        self._searches = self._repeated = 0
        self._is_repeating = self._events > 0

    def is_new(self, own_id: str | None, name: str, data: str) -> bool:
        """Whether the next event was not received before. Args: own_id: the id that its frame holds."""
        key = event_key(own_id or None, name, data)
        is_repeated = self._seen.contains(own_id, key) if own_id else self._is_replayed(key)
        self._is_repeating = is_repeated
        if is_repeated:
            self._repeated += 1
            return False
        self._events += 1
        if own_id:
            self._seen.add(own_id, key)
        else:
            self._is_resumable = False
            self._unnumbered.append(key)
        return True

    def load(self, last_id: int, count: int) -> None:
        """The next `count` events were received in another way, up to the one with this id."""
        self._seen.load(last_id)
        self._events += count
        self.last_event_id = str(last_id)

    def all_new(self, frames: Sequence[Frame]) -> bool:
        """Whether all these events can be told at once to be new. If so, they count as received, as by `is_new`."""
        ids = [frame.id for frame in frames if frame.id]
        keys = [event_key(own_id or None, name, data) for own_id, name, data in frames]
        if len(ids) == len(frames):
            if not self._seen.add_new(ids, keys):
                return False
        elif ids or self._known:
            return False
        else:
            self._is_resumable = False
            self._unnumbered.extend(keys)
        self._events += len(frames)
        self._is_repeating = False
        return True

    def advance(self, own_id: str | None) -> None:
        """Resume after the frame with this id, which was just handled, unless the stream is repeating events."""
        if own_id is not None and not self._is_repeating:
            self.last_event_id = own_id or None

    def _replayed(self) -> int:
        """The number of events that the connection has repeated; 0 once it has repeated all."""
        return self._repeated if self._repeated < self._events else 0

    def _is_replayed(self, key: int) -> bool:
        if self._next is None:
            self._next = self._start = self._start_of_replay(key)
        if self._next >= self._known or self._searches >= SEARCHES:
            return False
        try:
            self._next = self._unnumbered.index(key, self._next, self._known) + 1
        except ValueError:
            self._searches += 1
            return False
        return True

    def _start_of_replay(self, key: int) -> int:
        """The place of a connection's first event among the known ones; their number if it is new."""
        if not self._known or self._unnumbered[0] == key:
            return 0
        places = np.flatnonzero(
            np.frombuffer(self._unnumbered, dtype=np.uint64)[: self._known] == np.uint64(key)
        )
        return int(places[-1]) if len(places) else self._known
