"""Which open pages have to be redrawn.

Each time a page is drawn, it stores a function that returns its current state, and the state that was drawn. The
server compares the two states many times a second. When they differ, it sends a message to the browser, which then
asks Streamlit to draw the page again. So an unchanged page costs almost nothing, and a change is drawn at once.
The messages go over the websocket of `server/wake.py`.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

PATH = "arkor/wake"
"""The path of the websocket for the messages."""
CHECK_S = 0.05
"""Seconds between two checks of a page, unless the page asks for another interval."""
REDRAW_INTERVALS_S = (0.3, 0.7, 1.1, 2.2, 4.4, 8.8)
"""The possible shortest times between two redraws of a page."""
REDRAW_COST_S = 0.013
"""Seconds of interpreter time planned for each redraw: 7 ms of work, and about as much to keep queues short."""


@dataclass(frozen=True, slots=True)
class _LastDraw:
    current_state: Callable[[], object]
    drawn_state: object
    drawn_at: float
    due_at: float


class PageWatch:
    """One page, or part of a page, of one viewer, and the state that was drawn last.

    The viewer's session keeps this object alive. The session's thread calls `drawn`; the event loop calls `is_stale`.

    Args:
        kind: the kind of page. Pages of one kind share the time of the interpreter, see `redraw_interval_s`.
        every_s: seconds between two checks.
        clock: a monotonic clock in seconds.

    Attributes: token: names this page to the server. A secret between the browser and the server.
    """

    def __init__(
        self, kind: str, every_s: float = CHECK_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.token = secrets.token_urlsafe(16)
        self.kind = kind
        self.every_s = every_s
        self._clock = clock
        self._last_draw = _LastDraw(lambda: None, None, clock(), math.inf)

    def drawn(
        self, current_state: Callable[[], object], drawn_state: object, due_in_s: float = math.inf
    ) -> None:
        """Store that the page was drawn.

        Args:
            current_state: returns everything that the page depends on. The event loop calls it, so it must return at
                once and must not use Streamlit.
            drawn_state: what `current_state` returned before the page was drawn.
            due_in_s: seconds after which the page changes through the passing of time alone.
        """
        now = self._clock()
        self._last_draw = _LastDraw(current_state, drawn_state, now, now + due_in_s)

    def drawn_at(self) -> float:
        """When the page was last drawn, by the clock, in seconds."""
        return self._last_draw.drawn_at

    def is_stale(self) -> bool:
        """Whether the page would look different if it were drawn now."""
        last = self._last_draw
        return self._clock() >= last.due_at or last.current_state() != last.drawn_state


_watches: WeakValueDictionary[str, PageWatch] = WeakValueDictionary()


def watch_page(kind: str, every_s: float = CHECK_S) -> PageWatch:
    """A watch that a browser can connect to, for as long as the caller keeps it."""
    watch = PageWatch(kind, every_s)
    _watches[watch.token] = watch
    return watch


def watch_of(token: str) -> PageWatch | None:
    """The watch with that token, as long as its page is open."""
    return _watches.get(token)


def redraw_interval_s(viewers: int) -> float:
    """Shortest time between two redraws of a page that so many viewers have open.

    Streamlit draws the page once for each viewer, one after the other.
    """
    needed_s = REDRAW_COST_S * viewers
    return next((each for each in REDRAW_INTERVALS_S if each >= needed_s), REDRAW_INTERVALS_S[-1])
