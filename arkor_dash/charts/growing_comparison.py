"""The charts of a comparison, which all viewers with the same view share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from arkor_dash.metrics.series import NO_POINTS, FloatArray
from arkor_dash.protocol.fields import shortened

from .compared_runs import TITLE_LIMIT, Chart, Run
from .comparison import ComparedCurve, Comparison, Part, compared_parts, comparison, options_of
from .comparison_figure import (
    compared_traces,
    comparison_layout,
    legend_traces,
    row_labels,
    surrounding_traces,
)
from .comparison_hover import affected, selectable
from .comparison_text import chart_alt
from .curve import CurveOptions, View
from .curve_text import points_note
from .growing_figure import MOST_ADDED, SharedFigure, Surroundings
from .growth import grown
from .lines import Content
from .theme import ChartTheme
from .x_axis import XAxis, keeps_positions

ComparedContent = tuple[Sequence[Run], Sequence[Chart]]


class GrowingComparison(SharedFigure):
    """The charts of several runs in one view. Thread-safe.

    Args: options: those of all charts. They are without an axis, since each run has its own.
    """

    def __init__(self, options: CurveOptions, view: View, theme: ChartTheme) -> None:
        super().__init__()
        self._options, self._view, self._theme = options, view, theme
        self._version: object = None
        self._compared = Comparison((), (), options)
        self._labelled: list[FloatArray] = []
        """The positions in each row that have a label."""

    def update(self, read: Callable[[], ComparedContent]) -> None:
        """Draw the runs and the charts that `read` returns, which have a common kind of x axis."""
        with self._lock:
            runs, charts = read()
            version = [*charts], [(run.id, run.name, run.axis is not None, run.metrics) for run in runs]
            if version != self._version:
                self._version = version
                self._draw(runs, charts)

    def _draw(self, runs: Sequence[Run], charts: Sequence[Chart]) -> None:
        growths = self._growths(compared_parts(runs, charts)) if self._figure.base else None
        if growths is None:
            self._compared = comparison(runs, charts, self._view, self._options)
            self._drawn_in_base = self._shown()
            rows = range(len(charts))
            self._labelled = [selectable(self._compared, row, self._view.width_px) for row in rows]
            labels = [trace for row in rows for trace in row_labels(self._compared, row, self._labelled[row])]
            traces = [*legend_traces(self._compared), *labels]
            self._figure.redraw(traces, self._surroundings(runs, charts))
        else:
            before, self._compared = (
                self._compared,
                Comparison(charts, [whole for whole, _ in growths], self._options),
            )
            tails = [tail for _, tail in growths if tail]
            traces = [*compared_traces(tails, len(charts)), *self._new_labels(before, tails)]
            self._figure.add(traces, self._surroundings(runs, charts))

    def _shown(self) -> int:
        return sum(each.curve.shown for each in self._compared.curves)

    def _growths(self, parts: Sequence[Part]) -> list[tuple[ComparedCurve, ComparedCurve | None]] | None:
        """Each curve as it is now, and what was added; None if it has changed otherwise, or too much was added."""
        if [_identity(part) for part in parts] != [_identity(each.part) for each in self._compared.curves]:
            return None
        room = MOST_ADDED - (self._shown() - self._drawn_in_base)
        growths: list[tuple[ComparedCurve, ComparedCurve | None]] = []
        for before, part in zip(self._compared.curves, parts, strict=True):
            options = options_of(part.run, self._options)
            if part.run.metrics is before.part.run.metrics and _is_same(
                options.axis, before.curve.options.axis
            ):
                growths.append((before, None))
                continue
            growth = grown(before.curve, Content(part.lines), self._view, options, room)
            if growth is None:
                return None
            room -= growth.whole.shown - before.curve.shown
            growths.append((ComparedCurve(part, growth.whole), ComparedCurve(part, growth.tail)))
        return growths

    def _new_labels(self, before: Comparison, tails: Sequence[ComparedCurve]) -> list[dict[str, Any]]:
        """The labels of new positions, and those of earlier ones that a line has reached now."""
        added = Comparison(self._compared.charts, tails, self._options)
        traces = []
        for row, labelled in enumerate(self._labelled):
            new = np.setdiff1d(selectable(added, row, self._view.width_px), labelled)
            again = labelled[affected(labelled, before.row(row), self._compared.row(row))]
            positions = np.union1d(new, again)
            if len(positions):
                self._labelled[row] = np.union1d(labelled, new)
                traces += row_labels(self._compared, row, positions)
        return traces

    def _surroundings(self, runs: Sequence[Run], charts: Sequence[Chart]) -> Surroundings:
        compared, limits = self._compared, self._compared.limits()
        titles = [shortened(chart.metrics[0], TITLE_LIMIT) for chart in charts]
        by_chart = list(zip(titles, limits, strict=True))
        self.note = points_note([each.curve for each in compared.curves], by_chart, "values")
        layout = comparison_layout(compared, limits, self._theme)
        others, extent = surrounding_traces(compared, self._theme)
        return Surroundings(others, layout, extent, self.note, chart_alt(runs, charts))


def _identity(part: Part) -> object:
    return part.row, part.number, part.run.id, part.run.name


def _is_same(axis: XAxis, other: XAxis) -> bool:
    """Whether two axes of the same metrics are equal."""
    return axis is other or keeps_positions(axis, other, NO_POINTS.steps)
