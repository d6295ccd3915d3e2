"""How many more viewers the server can take before it runs out of file descriptors.

A viewer's session holds five descriptors: the websockets of Streamlit and of the page, and three of the event loop
that Streamlit makes for the session. The Overview and Compare pages have up to three websockets of their own. While a
page loads, its browser opens up to six more connections.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable

from arkor_dash.protocol.file_limit import file_limit

_OPEN_FILES = "/dev/fd"
COUNT_S = 0.05
"""How long a count of the open files is used."""
LOADING_S = 3.0
"""How long a page that was let in counts as loading."""
LOADING_FILES = 6
"""Descriptors set aside for a page that is loading."""


def open_files() -> int:
    """How many descriptors this process has open; 0 where the system doesn't tell."""
    try:
        return len(os.listdir(_OPEN_FILES))  # noqa: PTH208 - the names are enough
    except FileNotFoundError:
        return 0


class Capacity:
    """Whether descriptors are left for another viewer. Not thread-safe: the event loop calls it.

    A page needs more room than a websocket, so that a page that was let in gets its websockets too. What is then
    left is for the server itself: the connections to its sources, and those that it only accepts to refuse them.
    """

    def __init__(
        self,
        count: Callable[[], int] = open_files,
        limit: Callable[[], float] = file_limit,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count, self._limit, self._clock = count, limit, clock
        self._counted, self._counted_at = 0.0, -COUNT_S
        self._loading: deque[float] = deque()

    @property
    def limit(self) -> float:
        return self._limit()

    def takes_page(self) -> bool:
        """Whether there is room for another page. If so, room is kept for what it loads."""
        now = self._clock()
        while self._loading and now - self._loading[0] > LOADING_S:
            self._loading.popleft()
        if self._used() + LOADING_FILES * (1 + len(self._loading)) > self.limit * 7 / 8:
            return False
        self._loading.append(now)
        return True

    def takes_socket(self) -> bool:
        """Whether there is room for another websocket and its session."""
        return self._used() < self.limit * 15 / 16

    def _used(self) -> float:
        now = self._clock()
        if now - self._counted_at >= COUNT_S:
            try:
                self._counted = self._count()
            except OSError:  # not even one descriptor is free
                self._counted = self.limit
            self._counted_at = now
        else:
            self._counted += 1
        return self._counted
