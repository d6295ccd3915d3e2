"""The chart of a job, which all viewers with the same view share."""

from __future__ import annotations

from collections.abc import Callable

from .curve import CurveOptions, View, curve
from .curve_figure import curve_layout, extent_positions, growing_traces, other_traces, overlay_name
from .curve_text import chart_alt, points_note
from .growing_figure import MOST_ADDED, SharedFigure, Surroundings
from .growth import grown
from .lines import Content
from .theme import ChartTheme

HEAD_HAS_LEGEND = {"showlegend": False, "margin": {"l": 52, "r": 12, "t": 20, "b": 40}}
"""The layout of a chart on a page, where the head of its card has the legend."""


class GrowingChart(SharedFigure):
    """A chart in one view with one set of options. Thread-safe.

    Args: unit: the title of the y axis. plural: what the points are.

    Attributes: curve: what it draws now.
    """

    def __init__(self, view: View, theme: ChartTheme, unit: str = "loss", plural: str = "losses") -> None:
        super().__init__()
        self.curve = curve((), view)
        self._view, self._theme, self._unit, self._plural = view, theme, unit, plural
        self._moment = (-1, -1)
        self._version: object = None

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

    def _draw(self, content: Content, options: CurveOptions) -> None:
        room = MOST_ADDED - (self.curve.shown - self._drawn_in_base)
        growth = grown(self.curve, content, self._view, options, room) if self._figure.base else None
        overlay = overlay_name(self.curve)
        if growth is None or overlay_name(growth.whole) != overlay:
            self.curve = curve(content.lines, self._view, options, content.checkpoints, content.findings)
            self._drawn_in_base = self.curve.shown
            traces = growing_traces(self.curve, self.curve.checkpoints, overlay_name(self.curve), self._theme)
            self._figure.redraw(traces, self._surroundings(content))
        else:
            self.curve = growth.whole
            traces = growing_traces(growth.tail, growth.checkpoints, overlay, self._theme)
            self._figure.add(traces, self._surroundings(content))

    def _surroundings(self, content: Content) -> Surroundings:
        note = points_note([self.curve], [("", self.curve.limits)], self._plural)
        self.note = " · ".join(filter(None, (note, content.note)))
        layout = {**curve_layout(self.curve, self._theme, self._unit), **HEAD_HAS_LEGEND}
        others = other_traces(self.curve, self._theme)
        return Surroundings(others, layout, extent_positions(self.curve), self.note, chart_alt(self.curve))
