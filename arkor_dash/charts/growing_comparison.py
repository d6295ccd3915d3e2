"""The charts of a comparison, which all viewers with the same view share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any
from uuid import uuid4

from arkor_dash.metrics.series import Series, continues

from .compared_runs import Chart, Run
from .comparison import (
    ComparedLine,
    compared_lines,
    comparison_layout,
    extent_of_axis,
    line_traces,
    line_uid,
    shown_series,
    value_format,
)
from .comparison_text import chart_alt
from .curve import View
from .growing_figure import MOST_ADDED, GrowingFigure, Received, Surroundings
from .theme import ChartTheme
from .traces import line_trace
from .x_axis import BY_STEP, keeps_positions

Content = tuple[Sequence[Run], Sequence[Chart]]


class GrowingComparison:
    """The charts of several runs in one view. Thread-safe.

    Attributes: view_id: names them, also to the browser.
    """

    def __init__(self, smoothing: float, view: View, theme: ChartTheme) -> None:
        self.view_id = uuid4().hex
        self._smoothing, self._view, self._theme = smoothing, view, theme
        self._lock = Lock()
        self._version: object = None
        self._figure = GrowingFigure()
        self._lines: list[ComparedLine] = []
        self._points_in_base = 0

    def update(self, read: Callable[[], Content]) -> None:
        """Draw the runs and the charts that `read` returns, which have a common kind of x axis."""
        with self._lock:
            runs, charts = read()
            version = [*charts], [(run.id, run.name, run.axis is not None, run.metrics) for run in runs]
            if version != self._version:
                self._version = version
                self._draw(runs, charts)

    def message(self, received: Received | None) -> tuple[dict[str, Any], Received]:
        """As that of the figure."""
        with self._lock:
            return self._figure.message(received)

    def _draw(self, runs: Sequence[Run], charts: Sequence[Chart]) -> None:
        lines = compared_lines(runs, charts)
        surroundings = self._surroundings(lines, runs, charts)
        added = self._added(lines) if self._figure.base else None
        self._lines = lines
        if added is None or _points(lines) - self._points_in_base > MOST_ADDED:
            self._points_in_base = _points(lines)
            self._figure.redraw(line_traces(lines, self._smoothing, self._view), surroundings)
        else:
            self._figure.add(added, surroundings)

    def _added(self, lines: Sequence[ComparedLine]) -> list[dict[str, Any]] | None:
        """The new points of each line; None if anything else has changed."""
        if len(lines) != len(self._lines):
            return None
        traces = []
        for number, (old, new) in enumerate(zip(self._lines, lines, strict=True)):
            count = len(old.series)
            if not _continues(old, new):
                return None
            if len(new.series) == count:
                continue
            if self._view.x_range is not None or count < 2:
                return None
            shown = shown_series(new, self._smoothing)
            points = Series(shown.steps[count:], shown.values[count:])
            if value_format(points) != value_format(old.series):
                return None
            traces.append(line_trace("", new.run.axis or BY_STEP, points, uid=line_uid(number)))
        return traces

    def _surroundings(
        self, lines: Sequence[ComparedLine], runs: Sequence[Run], charts: Sequence[Chart]
    ) -> Surroundings:
        layout = comparison_layout(lines, charts, self._theme)
        others, extent = extent_of_axis(lines)
        return Surroundings(others, layout, extent, "", chart_alt(runs, charts))


def _continues(old: ComparedLine, new: ComparedLine) -> bool:
    """Whether the line has only got further points."""
    same = (old.row, old.name, old.run.id, old.run.name) == (new.row, new.name, new.run.id, new.run.name)
    axes = old.run.axis or BY_STEP, new.run.axis or BY_STEP
    return same and continues(old.series, new.series) and keeps_positions(*axes, old.series.steps)


def _points(lines: Sequence[ComparedLine]) -> int:
    return sum(len(line.series) for line in lines)
