"""The charts of several jobs compared: the points of one view, chart by chart and run by run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from arkor_dash.metrics.findings import best_eval
from arkor_dash.metrics.series import FloatArray, between
from arkor_dash.protocol.metric_names import is_eval_loss

from .compared_runs import Chart, Run
from .curve import (
    MIN_WIDTH_PX,
    Curve,
    CurveOptions,
    View,
    curve,
    smoothed_lines,
    steps_in_view,
    values_in_view,
)
from .lines import Line
from .theme import RUN_COLOURS
from .x_axis import BY_STEP
from .y_axis import YLimits, y_limits

MIN_JOBS, MAX_JOBS = 2, len(RUN_COLOURS)
MAX_CHARTS = 8
POINTS = 20_000
"""About the most points of all lines together. The more lines there are, the coarser they are drawn."""
COLOURS = list(RUN_COLOURS)


class Part(NamedTuple):
    """What a run has in the chart of that `row`: its lines, named by their metrics. `number` is that of the run."""

    row: int
    number: int
    run: Run
    lines: tuple[Line, ...]

    @property
    def colour(self) -> str:
        return COLOURS[self.number]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """All that a line has reported, finite or not, in step order: positions on the x axis and values, shape (n,).

    `smooth`, if the line is smoothed, has the smoothed values, NaN where the value is not finite.
    """

    positions: FloatArray
    values: FloatArray
    smooth: FloatArray | None


@dataclass(frozen=True, eq=False)
class ComparedCurve:
    """A part, as it is drawn in one view."""

    part: Part
    curve: Curve

    @cached_property
    def tracks(self) -> list[Track]:
        """That of each line."""
        return [_track(line, self.curve.options) for line in self.part.lines]

    @cached_property
    def end(self) -> float:
        """The position of the run's last report, of whatever metric."""
        return float(self.curve.options.axis.positions_at(self.part.run.metrics.steps[-1:])[0])


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Everything that the charts draw in one view. `options` are those of all charts; each run has its own axis."""

    charts: Sequence[Chart]
    curves: Sequence[ComparedCurve]
    options: CurveOptions

    def row(self, row: int) -> list[ComparedCurve]:
        """The curves of the chart in that row."""
        return [each for each in self.curves if each.part.row == row]

    def limits(self) -> list[YLimits]:
        """The limits of the y axis of each chart."""
        return [self._limits(row) for row in range(len(self.charts))]

    def _limits(self, row: int) -> YLimits:
        log_y, clip = self.options.log_y, self.options.clip
        values = [values_in_view(each.curve) for each in self.row(row)] if log_y or clip else []
        return y_limits(np.concatenate([*values, np.empty(0)]), log_y=log_y, clip=clip)


def comparison(runs: Sequence[Run], charts: Sequence[Chart], view: View, options: CurveOptions) -> Comparison:
    """The charts in one view. `options` are without an axis: that of each run counts."""
    parts = compared_parts(runs, charts)
    shared = View(view.x_range, shared_width(parts, view, options.smoothing > 0))
    curves = [ComparedCurve(part, curve(part.lines, shared, options_of(part.run, options))) for part in parts]
    return Comparison(charts, curves, options)


def _track(line: Line, options: CurveOptions) -> Track:
    steps, values = line.points.steps, line.points.values
    (smooth,) = smoothed_lines([line], options.smoothing)
    if line.nonfinite:
        at = np.searchsorted(steps, line.nonfinite.steps)
        steps, values = (
            np.insert(steps, at, line.nonfinite.steps),
            np.insert(values, at, line.nonfinite.values),
        )
        smooth = None if smooth is None else np.insert(smooth, at, np.nan)
    return Track(options.axis.positions_at(steps), values, smooth)


def options_of(run: Run, options: CurveOptions) -> CurveOptions:
    """The options of one of the run's curves. The limits of the y axis depend on all runs, so it has none."""
    return replace(options, axis=run.axis or BY_STEP, log_y=False, clip=False)


def compared_parts(runs: Sequence[Run], charts: Sequence[Chart]) -> list[Part]:
    """What the charts draw, chart by chart."""
    return list(_parts(runs, charts))


def _parts(runs: Sequence[Run], charts: Sequence[Chart]) -> Iterator[Part]:
    for row, chart in enumerate(charts):
        for number, run in enumerate(runs[:MAX_JOBS]):
            names = [name for name in chart.metrics if name in run.metrics.metrics] if run.axis else []
            if names:
                yield Part(row, number, run, tuple(_line(run, name) for name in names))


def _line(run: Run, name: str) -> Line:
    points, is_eval = run.metrics.finite(name), is_eval_loss(name)
    best = best_eval(points, run.metrics.since) if is_eval else None
    return Line(name, points, run.metrics.nonfinite(name), is_eval, best)


def shared_width(parts: Sequence[Part], view: View, is_smoothed: bool) -> int:
    """The width for which each line is thinned, so that all lines together have about `POINTS` points.

    Lines with few points in view leave room for the others.
    """
    counts = []
    for part in parts:
        low, high = steps_in_view(view, part.run.axis or BY_STEP) or (-np.inf, np.inf)
        for line in part.lines:
            count = len(between(line.points, low, high)[1])
            counts += [count] * (2 if is_smoothed and not line.is_eval else 1)
    room = POINTS
    for place, count in enumerate(sorted(counts)):
        share = room // (len(counts) - place)
        if count > share:
            return max(MIN_WIDTH_PX, min(view.width_px, share // 2))
        room -= count
    return max(MIN_WIDTH_PX, view.width_px)
