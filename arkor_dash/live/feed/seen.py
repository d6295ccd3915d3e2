"""The events that were received, in two bytes each if their ids count up, else in eight."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MASK = 2**64 - 1
SMALLEST_SET = 4_096
LARGEST_SHARE = 1 / 32
"""The set holds at most so many keys, or this share of all. They are moved together, since that copies the array."""
LARGEST_GAP = 4
"""The most numbers that may be left out between two ids that count up. Some servers number their keep-alives too."""

# Some servers send an event again with the time of the sending.
_TIMESTAMP = re.compile(r'"timestamp"\s*:\s*(?:"[^"\\]*"|[0-9.eE+-]+)')


def event_key(event_id: str | None, name: str, data: str) -> int:
    """64 bits that differ for two different events. The time in an event is no part of it."""
    time = _TIMESTAMP.search(data)
    untimed = data if time is None else data[: time.start()] + data[time.end() :]
    return hash((event_id, name, untimed)) & MASK


class SeenKeys:
    """A growing set of keys. Not thread-safe.

    The newest keys are in a set, the others in a sorted array, which needs a tenth of the memory.
    """

    def __init__(self) -> None:
        self._newest: set[int] = set()
        self._others: npt.NDArray[np.uint64] = np.empty(0, dtype=np.uint64)

    def add(self, key: int) -> None:
        self._newest.add(key)
        if len(self._newest) >= max(SMALLEST_SET, len(self._others) * LARGEST_SHARE):
            moved = np.fromiter(self._newest, dtype=np.uint64, count=len(self._newest))
            moved.sort()
            self._others = np.insert(self._others, self._others.searchsorted(moved), moved)
            self._newest.clear()

    def __bool__(self) -> bool:
        return bool(self._newest) or len(self._others) > 0

    def __contains__(self, key: int) -> bool:
        if key in self._newest or not len(self._others):
            return key in self._newest
        wanted = np.uint64(key)
        place = self._others.searchsorted(wanted)
        return bool(place < len(self._others) and self._others[place] == wanted)


class SeenEvents:
    """The events with an id. Not thread-safe.

    The content of an event counts too: some servers give neighbours the same id, or start their ids again. Of events
    whose ids count up, 16 bits of the content are kept, and all 64 of the latest event.
    """

    def __init__(self) -> None:
        self._first = 0
        self._checks = array("H")
        self._latest = (-1, 0)
        self._others = SeenKeys()
        self._loaded = -1

    def add(self, event_id: str, key: int) -> None:
        number = _number(event_id)
        if number is not None and not self._checks:
            self._first = number
        place = -1 if number is None else number - self._first
        skipped = place - len(self._checks)
        if number is None or skipped > LARGEST_GAP or place < 0 or (skipped < 0 and self._checks[place]):
            self._others.add(key)
            return
        if skipped >= 0:
            self._checks.extend([0] * (skipped + 1))
        self._checks[place] = _check(key)
        self._latest = (number, key)

    def load(self, last_id: int) -> None:
        """All events up to the one with this id were received, without a key. Call this before any other event."""
        self._loaded = last_id

    def add_new(self, ids: Sequence[str], keys: Sequence[int]) -> bool:
        """Add these events if none was added before and no two are the same. Returns: whether they are new."""
        numbers = counted(ids)
        if numbers and self._follows(numbers[0]):
            if not self._checks:
                self._first = numbers[0]
            self._checks.extend([key % 0xFFFF + 1 for key in keys])
            self._latest = (numbers[-1], keys[-1])
            return True
        if len(set(keys)) < len(keys) or any(map(self.contains, ids, keys)):
            return False
        for event_id, key in zip(ids, keys, strict=True):
            self.add(event_id, key)
        return True

    def _follows(self, number: int) -> bool:
        """Whether this id counts on from those before, so that it and all higher ones are certainly new."""
        if self._others or number <= self._loaded:
            return False
        return not self._checks or number == self._first + len(self._checks)

    def contains(self, event_id: str, key: int) -> bool:
        number = _number(event_id)
        if number is not None and number <= self._loaded:
            return True
        place = -1 if number is None else number - self._first
        if 0 <= place < len(self._checks):
            is_same = (
                key == self._latest[1] if number == self._latest[0] else self._checks[place] == _check(key)
            )
            return is_same or key in self._others
        return key in self._others


def counted(ids: Sequence[str | None]) -> range | None:
    """The numbers of these ids, if each is one more than that before; else None."""
    first = _number(ids[0] or "")
    if first is None:
        return None
    numbers = range(first, first + len(ids))
    return numbers if list(map(str, numbers)) == ids else None


def _check(key: int) -> int:
    """16 bits of the key; never 0, which stands for an id that was left out."""
    return key % 0xFFFF + 1


def _number(event_id: str) -> int | None:
    return int(event_id) if event_id.isascii() and event_id.isdigit() and len(event_id) < 100 else None
