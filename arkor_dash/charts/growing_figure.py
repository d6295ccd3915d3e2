"""A figure, the points that were added to it since, and the messages that bring a receiver up to date.

Messages may come twice, late, or in another order: each names the figure that it adds to, the update after which its
points begin, and where in each trace they belong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from .wire_json import wire_json

MOST_ADDED = 500
"""The most points that are added to a figure. Then all points are thinned anew."""
FEW_NUMBERS = 4
_COLUMNS = ("x", "y", "customdata")


class Received(NamedTuple):
    """The newest message that a receiver has: the number of its figure, and its own."""

    base: int
    number: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is sent again as a whole when it changes, beside the traces that grow.

    `traces` are drawn above those. `extent` are the positions that the x axis shows at least; the layout is without
    them, since they change often. `note` and `alt` are texts.
    """

    traces: Sequence[dict[str, Any]]
    layout: dict[str, Any]
    extent: Sequence[float]
    note: str
    alt: str


@dataclass(slots=True, eq=False)
class _Added:
    """The points that were added to a trace: pieces, each with the number of the update that added it.

    `in_base` is the number of points that the trace has in the figure.
    """

    style: dict[str, Any]
    in_base: int
    pieces: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def since(self, number: int) -> dict[str, Any] | None:
        """What was added after the update of that number."""
        new = [piece for at, piece in self.pieces if at > number]
        if not new:
            return None
        earlier = sum(len(piece["x"]) for at, piece in self.pieces if at <= number)
        columns = {name: _column(np.concatenate([piece[name] for piece in new])) for name in new[0]}
        at = self.in_base + earlier
        return {"from": at, **columns, **({} if at else {"style": self.style})}


def _column(numbers: np.ndarray[Any, Any]) -> Any:
    """A few finite numbers as a list, which takes fewer bytes than an array in base64. float32 in its own digits."""
    is_text = numbers.dtype.kind == "U"
    if is_text or numbers.size > FEW_NUMBERS or not np.isfinite(numbers).all():
        return numbers
    exact = numbers.astype(str).astype(np.float64) if numbers.dtype == np.float32 else numbers
    return exact.tolist()


class GrowingFigure:
    """A figure that grows. Not thread-safe. Each of its traces has a `uid`, in whose order they are drawn.

    Attributes: base: the number of the figure, 0 before the first one. number: that of the newest update.
    """

    def __init__(self) -> None:
        self.base = self.number = self._rest_at = 0
        self._figure: list[dict[str, Any]] = []
        self._added: dict[str, _Added] = {}
        self._rest: dict[str, Any] = {}
        self._texts: dict[str, Any] = {}
        self._messages: dict[Received | None, dict[str, Any]] = {}

    def redraw(self, traces: Sequence[dict[str, Any]], surroundings: Surroundings) -> None:
        """Begin a new figure with these traces."""
        self.base += 1
        self._figure = wire_json({"traces": traces})["traces"]
        self._added = {trace["uid"]: _Added({}, len(trace["x"])) for trace in traces}
        self.add((), surroundings)

    def add(self, traces: Iterable[dict[str, Any]], surroundings: Surroundings) -> None:
        """Add the points of these traces to those with the same `uid`."""
        self.number += 1
        self._messages.clear()
        for trace in traces:
            columns = {name: trace.pop(name) for name in _COLUMNS if name in trace}
            added = self._added.setdefault(trace["uid"], _Added(trace, 0))
            added.pieces.append((self.number, columns))
        rest = wire_json({"traces": surroundings.traces, "layout": surroundings.layout})
        if rest != self._rest:
            self._rest, self._rest_at = rest, self.number
        extent = list(surroundings.extent)
        self._texts = {"extent": extent, "note": surroundings.note, "alt": surroundings.alt}

    def message(self, received: Received | None) -> tuple[dict[str, Any], Received]:
        """What a receiver needs that has this message, or none yet; and which one it has then.

        The message is JSON, without the id of the view. Whoever has the same gets the same message.
        """
        if received not in self._messages:
            self._messages[received] = self._message(received)
        return self._messages[received], Received(self.base, self.number)

    def _message(self, received: Received | None) -> dict[str, Any]:
        has_base = received is not None and received.base == self.base
        number = received.number if received and has_base else 0
        added = {uid: new for uid, each in self._added.items() if (new := each.since(number))}
        return {
            "base": self.base,
            "since": number,
            "number": self.number,
            "figure": None if has_base else self._figure,
            "added": wire_json(added),
            "rest": self._rest if self._rest_at > number else None,
            **self._texts,
        }


class SharedFigure:
    """A growing figure that all viewers with the same view share. Thread-safe.

    Attributes: view_id: names it, to the browser, too. note: how many points it draws, and what it can't draw.
    """

    def __init__(self) -> None:
        self.view_id = uuid4().hex
        self.note = ""
        self._lock = Lock()
        self._figure = GrowingFigure()
        self._drawn_in_base = 0

    def message(self, received: Received | None) -> tuple[dict[str, Any], Received]:
        """As that of the figure."""
        with self._lock:
            return self._figure.message(received)
