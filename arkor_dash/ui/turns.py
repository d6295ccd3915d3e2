"""How the viewers of live pages share one interpreter: drawn in turn, and the more there are, the less often."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

DRAWING = Lock()
"""Held while a page is drawn, which takes a few milliseconds.

Streamlit draws for each viewer in a thread of its own, and wakes its event loop with each element. Each time the
thread lets go of the interpreter, and then waits for all others: of fifty viewers none gets anything, while a core is
busy with changing threads. Drawn in turn, all get theirs.
"""

PACES_S = (0.35, 0.7, 1.1, 2.2, 4.4, 8.8)
"""How often a live page may be drawn."""
SHARE_S = 0.013
"""What a drawing may take of the interpreter's time: the 7 ms that it does, and as much again for short queues."""
CALM = 1.5
AWAY_S = 20.0


class Crowd:
    """The viewers of live pages, and how often each page is to be drawn. For any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._seen: dict[str, float] = {}

    def pace_s(self, viewer: str, pace_s: float | None = None) -> float:
        """Seconds between two drawings for a viewer, who is here now, and was drawn for every `pace_s` so far.

        All slow down as soon as there are too many; they become faster only once there are clearly fewer, so that
        one who comes and goes does not change the pace for everyone each time.
        """
        with self._lock:
            now = self._clock()
            self._seen[viewer] = now
            self._seen = {each: at for each, at in self._seen.items() if now - at < AWAY_S}
            needed = SHARE_S * len(self._seen)
        fitting = _at_least(needed)
        return pace_s if pace_s is not None and fitting < pace_s <= _at_least(CALM * needed) else fitting


def _at_least(seconds: float) -> float:
    return next((pace for pace in PACES_S if pace >= seconds), PACES_S[-1])


CROWD = Crowd()
