"""The events that were received, in eight bytes each."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

MASK = 2**64 - 1
SMALLEST_SET = 4_096
LARGEST_SHARE = 1 / 32
"""The set holds at most so many keys, or this share of all. They are moved together, since that copies the array."""

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

    def __contains__(self, key: int) -> bool:
        if key in self._newest:
            return True
        wanted = np.uint64(key)
        place = self._others.searchsorted(wanted)
        return bool(place < len(self._others) and self._others[place] == wanted)
