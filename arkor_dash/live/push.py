"""Which open pages have to be drawn again, and what is pushed to them in between.

Each time a page is drawn, it stores a function that returns its current *structure*, and the structure that was
drawn: all that only a run of its script can show. When the two differ, the server asks the browser to run the script.
What moves on the page with each event is in its *parts* (`parts.py`), which are pushed to the browser without a run.
Both go over the websocket of `server/wake.py`.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from .parts import DrawnPart, Shared

PATH = "arkor/wake"
"""The path of the websocket for the messages."""
REDRAW_INTERVALS_S = (0.3, 0.7, 1.1, 2.2, 4.4, 8.8)
"""The possible shortest times between two redraws of a page."""
REDRAW_COST_S = 0.013
"""Seconds of interpreter time planned for each redraw: 7 ms of work, and about as much to keep queues short."""

CurrentState = Callable[[Shared], object]


@dataclass(frozen=True, slots=True)
class _LastDraw:
    current_state: CurrentState
    drawn_state: object
    drawn_at: float
    due_at: float
    parts: Mapping[str, DrawnPart] = field(default_factory=dict)


class PageWatch:
    """One page, or part of a page, of one viewer, and what was drawn last.

    The viewer's session keeps this object alive. The session's thread calls `drawn`; the event loop the others.

    Args:
        kind: the kind of page. Pages of one kind share the time of the interpreter, see `redraw_interval_s`.
        clock: a monotonic clock in seconds.

    Attributes: token: names this page to the server. A secret between the browser and the server.
    """

    def __init__(self, kind: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._id, self._secret = secrets.token_urlsafe(8), secrets.token_urlsafe(24)
        self.token = f"{self._id}.{self._secret}"
        self.kind = kind
        self._clock = clock
        self._last_draw = _LastDraw(lambda _: None, None, clock(), math.inf)
        _watches[self._id] = self

    def drawn(
        self,
        current_state: CurrentState,
        drawn_state: object,
        due_in_s: float = math.inf,
        parts: Mapping[str, DrawnPart] | None = None,
    ) -> None:
        """Store that the page was drawn.

        Args:
            current_state: returns everything that only a run of the script can show. The event loop calls it, so it
                must return at once and must not use Streamlit.
            drawn_state: what `current_state` returned before the page was drawn.
            due_in_s: seconds after which the page changes through the passing of time alone.
            parts: the parts of the page, by the names under which the browser knows them.
        """
        now = self._clock()
        self._last_draw = _LastDraw(current_state, drawn_state, now, now + due_in_s, parts or {})

    def drawn_at(self) -> float:
        """When the page was last drawn, by the clock, in seconds."""
        return self._last_draw.drawn_at

    def due_at(self) -> float:
        """When the page changes through the passing of time alone, by the clock, in seconds."""
        return self._last_draw.due_at

    def is_stale(self, shared: Shared) -> bool:
        """Whether the script has to run for the page to show what is."""
        last = self._last_draw
        return self._clock() >= last.due_at or last.current_state(shared) != last.drawn_state

    def parts(self) -> Mapping[str, DrawnPart]:
        """The parts that the last run of the script has drawn."""
        return self._last_draw.parts

    def has_secret(self, secret: str) -> bool:
        """Whether the token ends in `secret`. Takes the same time for each secret."""
        return secrets.compare_digest(self._secret.encode(), secret.encode("utf-8", "replace"))


_watches: WeakValueDictionary[str, PageWatch] = WeakValueDictionary()


def watch_of(token: str) -> PageWatch | None:
    """The watch with that token, as long as its page is open."""
    name, _, secret = token.partition(".")
    watch = _watches.get(name)
    return watch if watch is not None and watch.has_secret(secret) else None


def redraw_interval_s(viewers: int) -> float:
    """Shortest time between two redraws of a page that so many viewers have open.

    Streamlit draws the page once for each viewer, one after the other.
    """
    needed_s = REDRAW_COST_S * viewers
    return next((each for each in REDRAW_INTERVALS_S if each >= needed_s), REDRAW_INTERVALS_S[-1])
