"""The parts of a page that move: what the browser is given for each, and what it has been given."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
Data = Mapping[str, object]
"""JSON values."""
REST_FACTOR = 20.0
"""A part is not computed again before so many times what it took have passed: one takes at most 5% of a core."""
CHEAP_S = 0.0005
"""A part that takes no longer is computed in every round."""
ROUND_S = 0.03
"""Seconds that a round spends on parts that take longer. The others come first in the next round."""
VALUE_REST_S = 0.25
"""The rest of a value, unless it says otherwise: it is sent four times a second at most."""
_PROCESS = secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a page whose data change while the page is open.

    `view` is all that the data depend on apart from what the source reports: which job, and how it is shown. Pages
    that show the same view share what is computed.

    `update` returns the data for a browser that has received what the cursor stands for, and the next cursor; None if
    there is nothing new. The cursor None stands for a browser that has nothing. It calls neither Streamlit nor
    anything that waits, since both a page's script and the event loop call it. Messages reach the browser over two
    ways, in no fixed order, so the data have to say by themselves what is newer.

    `rest_s`: seconds for which there is nothing new after something was. Nobody reads numbers that change faster.
    """

    view: Hashable
    update: Callable[[Hashable | None], tuple[Data, Hashable] | None]
    rest_s: float = 0.0

    @property
    def view_id(self) -> str:
        """A name for the view. Data for another view than the one that a component shows are ignored."""
        return hashlib.blake2b(f"{_PROCESS} {self.view!r}".encode(), digest_size=9).hexdigest()


def value_part(
    view: Hashable,
    value: Callable[[], T],
    data: Callable[[T], Data],
    clock: Callable[[], float] = time.monotonic,
    rest_s: float = VALUE_REST_S,
) -> Part:
    """A part that shows a value as a whole, and is sent when the value has changed.

    Args: value: hashable. data: the JSON values for it, without `at`, which says which of two is newer.
    """

    def update(cursor: Hashable | None) -> tuple[Data, Hashable] | None:
        at = clock()
        shown = value()
        return None if shown == cursor else ({**data(shown), "at": at}, shown)

    return Part(view, update, rest_s)


@dataclass(frozen=True, slots=True)
class Cost:
    """What it took to compute a part the last time, in seconds, and until when the part rests."""

    seconds: float
    rests_until: float


class Shared:
    """What is computed once for all pages that need it in one round. Not thread-safe.

    Args:
        costs: those of the parts, by their views, as the last round has left them.
        now: when the round begins, in seconds of a monotonic clock.
        clock: the processor time of this thread in seconds.

    Attributes:
        next_at: when the first of the parts that rest, and that a page has asked for, may be computed again.
        postponed: how often a part was left to the next round, since this round has spent its time.
    """

    def __init__(
        self,
        costs: Mapping[Hashable, Cost] | None = None,
        now: float = 0.0,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self.next_at = math.inf
        self.postponed = 0
        self._costs = costs or {}
        self._next_costs: dict[Hashable, Cost] = {}
        self._now, self._clock = now, clock
        self._left_s = ROUND_S
        self._values: dict[Hashable, object] = {}

    def __call__(self, key: Hashable, compute: Callable[[], T]) -> T:
        if key not in self._values:
            self._values[key] = compute()
        value: T = self._values[key]  # type: ignore[assignment]
        return value

    def update(self, part: Part, cursor: Hashable | None) -> tuple[str, Hashable | None]:
        """The JSON text of what is new in a part, "" if nothing is, and the next cursor."""
        key, cost = ("part", part.view, cursor), self._costs.get(part.view)
        if cost is not None and key not in self._values:
            is_postponed = cost.seconds > CHEAP_S and self._left_s <= 0.0
            if is_postponed or cost.rests_until > self._now:
                self.postponed += is_postponed
                self.next_at = min(self.next_at, cost.rests_until)
                self._next_costs.setdefault(part.view, cost)
                return "", cursor
        return self(key, lambda: self._timed(part, cursor))

    def costs(self) -> Mapping[Hashable, Cost]:
        """The costs of the parts that were asked for, for the next round."""
        return self._next_costs

    def _timed(self, part: Part, cursor: Hashable | None) -> tuple[str, Hashable | None]:
        started = self._clock()
        update = part.update(cursor)
        text, cursor = ("", cursor) if update is None else (_json(part, update[0]), update[1])
        cost_s = self._clock() - started
        if cost_s > CHEAP_S:
            self._left_s -= cost_s
        # Not now: all pages of this round get the update. Those with another cursor may be computed, too.
        rest_s = max(REST_FACTOR * cost_s, part.rest_s if text else 0.0)
        self._next_costs[part.view] = Cost(cost_s, self._now + rest_s)
        return text, cursor


@dataclass(frozen=True, slots=True)
class DrawnPart:
    """A part as a page's script has drawn it: `cursor` stands for what the script gave to the browser."""

    part: Part
    cursor: Hashable | None


class PartsSent:
    """What one connection has sent of a page's parts. Not thread-safe."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[DrawnPart, Hashable | None]] = {}

    def news(self, parts: Mapping[str, DrawnPart], shared: Shared) -> str:
        """The JSON text of what is new in the parts; "" if nothing is. Counts it as sent."""
        texts, sent, self._sent = [], self._sent, {}
        for name, drawn in parts.items():
            known, cursor = sent.get(name, (None, None))
            if known is None or (known.part.view, known.cursor) != (drawn.part.view, drawn.cursor):
                cursor = drawn.cursor  # what the script has drawn since may be newer than what was sent
            text, cursor = shared.update(drawn.part, cursor)
            self._sent[name] = drawn, cursor
            if text:
                texts.append(f"{json.dumps(name)}:{text}")
        return f"{{{','.join(texts)}}}" if texts else ""


def _json(part: Part, data: Data) -> str:
    return json.dumps({"view": part.view_id, **data}, separators=(",", ":"), allow_nan=False)
