"""Serves all open pages in rounds: each round computes what is new, once for all pages that show the same.

A round begins with a change, and not before the shortest interval since the last one has passed. That grows with the
number of pages and with what a round costs, so that the interpreter has time for other work.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from weakref import ref

from arkor_dash.live.notifier import Notifier, changes
from arkor_dash.live.parts import Cost, PartsSent, Shared
from arkor_dash.live.push import PageWatch, redraw_interval_s

log = logging.getLogger(__name__)

TICK_S = 1.0
"""Seconds after which a round begins without a change: time alone may have changed a page."""
STEADY_S = 0.05
"""Seconds between two rounds while changes come without a pause. One round may begin so much early."""
SHORTEST_S = 0.016
PAGE_COST_S = 0.0005
"""Seconds between two rounds for each open page: what sending to it takes, and about as much for other work."""
COST_FACTOR = 1.0
"""The interval is at least so many times what the last round took: rounds take at most half of a core."""
TURN_S = 0.02
"""Seconds of work in a round after which the event loop has a turn: Streamlit's own messages wait for it, too."""
REPEAT_S = 2.0
"""Seconds after which the request to redraw is repeated to a browser that has not redrawn."""
DRAW = "draw"


class OpenPage:
    """The websocket of one page: what it has been sent, and what to send next. Not thread-safe.

    While a message is being sent, nothing is computed for the page. So a slow connection delays no other one, and
    goes on with what is new by then. `is_over` is set once the page has ended.
    """

    def __init__(self, watch: PageWatch) -> None:
        self.kind = watch.kind
        self.is_over = False
        self._watch = ref(watch)
        self._sent = PartsSent()
        self._asked_at = -math.inf
        self._messages: list[str] = []
        self._has_missed = False
        self._is_ready = asyncio.Event()

    def serve(self, shared: Shared, viewers: int) -> float:
        """Compute the next messages, unless the last ones are still being sent.

        Returns: seconds after which to serve the page again, even if nothing changes.
        """
        if self._messages:
            self._has_missed = True
        if self._messages or self.is_over:
            return math.inf
        watch, wait_s = self._watch(), math.inf
        try:
            if watch is None:
                self.is_over = True
            else:
                wait_s = self._compute(watch, shared, viewers)
        except Exception:  # the page goes on without its websocket
            log.exception("What is new on a page could not be computed")
            self.is_over = True
        if self._messages or self.is_over:
            self._is_ready.set()
        return wait_s

    async def next_messages(self) -> list[str]:
        """The next messages. Once they are sent, call `sent`. Empty: the page has ended."""
        await self._is_ready.wait()
        self._is_ready.clear()
        return self._messages

    def sent(self) -> bool:
        """The messages were sent. Returns: whether a round has begun in the meantime."""
        has_missed, self._has_missed = self._has_missed, False
        self._messages = []
        return has_missed

    def _compute(self, watch: PageWatch, shared: Shared, viewers: int) -> float:
        news = self._sent.news(watch.parts(), shared)
        self._messages = [news] if news else []
        now = time.monotonic()
        if not watch.is_stale(shared):
            return watch.due_at() - now
        drawn_at = watch.drawn_at()
        was_asked = self._asked_at > drawn_at
        may_ask_at = self._asked_at + REPEAT_S if was_asked else drawn_at + redraw_interval_s(viewers)
        if now < may_ask_at:
            return may_ask_at - now
        self._asked_at = now
        self._messages.append(DRAW)
        return REPEAT_S


class Rounds:
    """The open pages of one server, served while there are any. Not thread-safe."""

    def __init__(self, notifier: Notifier = changes) -> None:
        self._notifier = notifier
        self._pages: list[OpenPage] = []
        self._costs: Mapping[Hashable, Cost] = {}
        self._is_due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def serving(self, page: OpenPage) -> Iterator[None]:
        """Serve the page in this block."""
        self._pages.append(page)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        self.begin()
        try:
            yield
        finally:
            self._pages.remove(page)

    def begin(self) -> None:
        """Begin a round as soon as one may."""
        self._is_due.set()

    async def _run(self) -> None:
        try:
            with self._notifier.listening(self.begin):
                wait_s, may_begin_at = TICK_S, 0.0
                while self._pages:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._is_due.wait(), wait_s)
                    self._is_due.clear()
                    may_begin_at = max(may_begin_at + STEADY_S, time.monotonic())
                    wait_s, spent_s = await self._serve_all()
                    shortest_s = max(SHORTEST_S, PAGE_COST_S * len(self._pages), COST_FACTOR * spent_s)
                    await asyncio.sleep(max(shortest_s, may_begin_at - time.monotonic()))
        finally:
            self._task = None

    async def _serve_all(self) -> tuple[float, float]:
        """Serve the pages for which the last round had no time first.

        Returns: seconds after which to serve the pages again, even if nothing changes; and the cost in seconds.
        """
        now = time.monotonic()
        shared, kinds = Shared(self._costs, now), Counter(page.kind for page in self._pages)
        wait_s, costs_s, turn_s = TICK_S, 0.0, 0.0
        postponed: set[OpenPage] = set()
        for page in tuple(self._pages):
            started, before = time.thread_time(), shared.postponed  # a busy machine is no cost of this round
            wait_s = min(wait_s, page.serve(shared, kinds[page.kind]))
            if shared.postponed > before:
                postponed.add(page)
            cost_s = time.thread_time() - started
            costs_s, turn_s = costs_s + cost_s, turn_s + cost_s
            if turn_s > TURN_S:
                turn_s = 0.0
                await asyncio.sleep(0)
        self._pages.sort(key=lambda page: page not in postponed)
        self._costs = shared.costs()
        return min(wait_s, shared.next_at - now), costs_s
