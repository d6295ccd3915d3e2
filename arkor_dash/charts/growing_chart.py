"""A chart that all viewers with the same view share: a figure, and the points that were added to it since.

What a receiver gets are messages. They may come twice, late, or in another order: each names the figure that it adds
to, and where in each trace its points belong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from .curve import Curve, CurveOptions, View, curve
from .curve_figure import curve_layout, extent_positions, growing_traces, other_traces
from .curve_text import chart_alt, points_note
from .growth import grown
from .lines import Content
from .theme import ChartTheme
from .wire_json import wire_json

MOST_ADDED = 500
"""The most points that are added to a figure. Then all points are thinned anew."""
_COLUMNS = ("x", "y", "customdata")


class Received(NamedTuple):
    """The newest message that a receiver has: the number of its figure, and its own."""

    base: int
    number: int


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
        columns = {name: np.concatenate([piece[name] for piece in new]) for name in new[0]}
        return {"from": self.in_base + earlier, **columns, **({} if self.in_base else {"style": self.style})}


class GrowingChart:
    """A chart in one view with one set of options. Thread-safe.

    Args: unit: the title of the y axis. plural: what the points are.

    Attributes: view_id: names this chart, to the browser, too. curve: what it draws now. note: how many points it
        draws, and what it can't draw.
    """

    def __init__(self, view: View, theme: ChartTheme, unit: str = "loss", plural: str = "losses") -> None:
        self.view_id = uuid4().hex
        self.curve = curve((), view)
        self.note = ""
        self._view, self._theme, self._unit, self._plural = view, theme, unit, plural
        self._lock = Lock()
        self._moment = (-1, -1)
        self._version: object = None
        self._base = self._number = self._rest_at = self._drawn_in_base = 0
        self._figure: list[dict[str, Any]] = []
        self._added: dict[str, _Added] = {}
        self._rest: dict[str, Any] = {}
        self._messages: dict[Received | None, dict[str, Any]] = {}

    def update(
        self,
        moment: tuple[int, int],
        version: object,
        content: Callable[[], Content],
        options: Callable[[], CurveOptions],
    ) -> None:
        """Draw the content as it is at that moment. An earlier moment than the last one changes nothing.

        Args:
            moment: the generation and the version of the feed.
            version: another one if the content may have changed.
            options: always the same, but for further knots of the axis.
        """
        with self._lock:
            if moment <= self._moment:
                return
            self._moment, is_same = moment, self._version == (moment[0], version)
            if not is_same:
                self._version = moment[0], version
                self._draw(content(), options())

    def message(self, received: Received | None) -> tuple[dict[str, Any], Received]:
        """What a receiver needs that has this message, or none yet; and which one it has then.

        The message is JSON, without the id of the view. Whoever has the same gets the same message.
        """
        with self._lock:
            if received not in self._messages:
                self._messages[received] = self._message(received)
            return self._messages[received], Received(self._base, self._number)

    def _draw(self, content: Content, options: CurveOptions) -> None:
        self._number += 1
        self._messages.clear()
        growth = grown(self.curve, content, self._view, options) if self._base else None
        if growth is None or self._drawn_since_base(growth.whole) > MOST_ADDED:
            self.curve = curve(content.lines, self._view, options, content.checkpoints, content.findings)
            self._draw_base()
        else:
            self.curve = growth.whole
            for trace in growing_traces(growth.tail, growth.checkpoints, self._theme):
                self._add(trace)
        self.note = " · ".join(text for text in (points_note(self.curve, self._plural), content.note) if text)
        layout = curve_layout(self.curve, self._theme, self._unit)
        layout["xaxis"]["autorangeoptions"] = {
            "include": []
        }  # the message has the extent, which changes often
        rest = wire_json({"traces": other_traces(self.curve, self._theme), "layout": layout})
        if rest != self._rest:
            self._rest, self._rest_at = rest, self._number

    def _draw_base(self) -> None:
        self._base += 1
        self._drawn_in_base = self.curve.drawn + self.curve.nonfinite
        traces = growing_traces(self.curve, self.curve.checkpoints, self._theme)
        self._figure = wire_json({"traces": traces})["traces"]
        self._added = {trace["uid"]: _Added({}, len(trace["x"])) for trace in traces}

    def _drawn_since_base(self, whole: Curve) -> int:
        return whole.drawn + whole.nonfinite - self._drawn_in_base

    def _add(self, trace: dict[str, Any]) -> None:
        columns = {name: trace.pop(name) for name in _COLUMNS if name in trace}
        added = self._added.setdefault(trace["uid"], _Added(trace, 0))
        added.pieces.append((self._number, columns))

    def _message(self, received: Received | None) -> dict[str, Any]:
        has_base = received is not None and received.base == self._base
        number = received.number if received and has_base else 0
        added = {uid: new for uid, each in self._added.items() if (new := each.since(number))}
        axis = self.curve.options.axis
        return {
            "base": self._base,
            "since": number,
            "number": self._number,
            "figure": None if has_base else self._figure,
            "added": wire_json(added),
            "rest": self._rest if self._rest_at > number else None,
            "extent": [] if axis.is_time else extent_positions(self.curve),
            "note": self.note,
            "alt": chart_alt(self.curve),
        }
