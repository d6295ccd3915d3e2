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
    """

    view: Hashable
    update: Callable[[Hashable | None], tuple[Data, Hashable] | None]

    @property
    def view_id(self) -> str:
        """A name for the view. Data for another view than the one that a component shows are ignored."""
        return hashlib.blake2b(f"{_PROCESS} {self.view!r}".encode(), digest_size=9).hexdigest()


def value_part(
    view: Hashable,
    value: Callable[[], T],
    data: Callable[[T], Data],
    clock: Callable[[], float] = time.monotonic,
) -> Part:
    """A part that shows a value as a whole, and is sent when the value has changed.

    Args: value: hashable. data: the JSON values for it, without `at`, which says which of two is newer.
    """

    def update(cursor: Hashable | None) -> tuple[Data, Hashable] | None:
        at = clock()
        shown = value()
        return None if shown == cursor else ({**data(shown), "at": at}, shown)

    return Part(view, update)


class Shared:
    """What is computed once for all pages that need it in one round. Not thread-safe.

    Args:
        rests: until when parts rest, by their views; kept from round to round.
        now: when the round begins, in seconds of a monotonic clock.

    Attributes: next_at: when the first of the parts that rest, and that a page has asked for, may be computed again.
    """

    def __init__(self, rests: dict[Hashable, float] | None = None, now: float = 0.0) -> None:
        self.next_at = math.inf
        self._rests = {} if rests is None else rests
        self._next_rests: dict[Hashable, float] = {}
        self._now = now
        self._values: dict[Hashable, object] = {}

    def __call__(self, key: Hashable, compute: Callable[[], T]) -> T:
        if key not in self._values:
            self._values[key] = compute()
        value: T = self._values[key]  # type: ignore[assignment]
        return value

    def update(self, part: Part, cursor: Hashable | None) -> tuple[str, Hashable | None]:
        """The JSON text of what is new in a part, "" if nothing is, and the next cursor."""
        rests_until = self._rests.get(part.view, self._now)
        if rests_until > self._now:
            self.next_at = min(self.next_at, rests_until)
            return "", cursor
        return self(("part", part.view, cursor), lambda: self._timed(part, cursor))

    def rests(self) -> dict[Hashable, float]:
        """Until when parts rest after this round."""
        waiting = {view: until for view, until in self._rests.items() if until > self._now}
        return waiting | self._next_rests

    def _timed(self, part: Part, cursor: Hashable | None) -> tuple[str, Hashable | None]:
        started = time.thread_time()
        update = part.update(cursor)
        text, cursor = ("", cursor) if update is None else (_json(part, update[0]), update[1])
        cost_s = time.thread_time() - started
        # Not now: all pages of this round get the update. Those with another cursor may be computed, too.
        self._next_rests[part.view] = self._now + REST_FACTOR * cost_s
        return text, cursor


@dataclass(frozen=True, slots=True)
class DrawnPart:
    """A part as a page's script has drawn it: `cursor` stands for what the script gave to the browser."""

    part: Part
    cursor: Hashable | None


class PartsSent:
    """What one connection has sent of a page's parts. Not thread-safe."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[Hashable, Hashable | None]] = {}

    def news(self, parts: Mapping[str, DrawnPart], shared: Shared) -> str:
        """The JSON text of what is new in the parts; "" if nothing is. Counts it as sent."""
        texts, sent, self._sent = [], self._sent, {}
        for name, drawn in parts.items():
            view, cursor = sent.get(name, (None, None))
            if name not in sent or view != drawn.part.view:
                cursor = drawn.cursor
            text, cursor = shared.update(drawn.part, cursor)
            self._sent[name] = drawn.part.view, cursor
            if text:
                texts.append(f"{json.dumps(name)}:{text}")
        return f"{{{','.join(texts)}}}" if texts else ""


def _json(part: Part, data: Data) -> str:
    return json.dumps({"view": part.view_id, **data}, separators=(",", ":"), allow_nan=False)
