"""The points of a chart: the parts of its lines that are drawn in one view with one set of options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from arkor_dash.metrics.findings import Finding
from arkor_dash.metrics.series import FloatArray, Series, between
from arkor_dash.metrics.smoothing import smoothed

from .downsampling import DrawnSeries, downsample, hover_steps, one_per_pixel
from .lines import Line
from .x_axis import BY_STEP, XAxis
from .y_axis import ALL_SHOWN, YLimits, y_limits

MIN_WIDTH_PX = 100


@dataclass(frozen=True, slots=True)
class View:
    """The visible range of positions on the x axis (None: all of it), and the chart's width in pixels."""

    x_range: tuple[float, float] | None = None
    width_px: int = 1000


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """How the viewer wants the chart drawn.

    `smoothing` in [0, 1) is the weight of the moving average; 0 draws none. `clip` limits the y axis to the
    percentiles `CLIP_PERCENTILES` of the values in view.
    """

    axis: XAxis = BY_STEP
    smoothing: float = 0.0
    log_y: bool = False
    clip: bool = False


PLAIN = CurveOptions()


@dataclass(frozen=True, slots=True, eq=False)
class DrawnLine:
    """The drawn points of a line, and, if it is smoothed, the smoothed values at the drawn steps."""

    line: Line
    drawn: DrawnSeries
    smooth: Series | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """The values of the hover labels at each of n steps, for k lines.

    `values` has shape (n, k). `reported`, in the same shape, says which of them the step has; a reported value can be
    NaN. `smooth`, in the same shape, has the smoothed values, NaN where there is none.
    """

    steps: FloatArray
    values: FloatArray
    reported: npt.NDArray[np.bool_]
    smooth: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Everything that a chart draws for one view.

    `nonfinite` counts the values in view that are not finite; `marks` are their steps, at most one per pixel.
    `readings` are those of the steps that the pointer can select, and `best_readings` those of the best points.
    `view_steps` are the first and the last step in view, None if it shows all.
    `checkpoints` are those in view. `extent` is the first and the last step of the lines, in view or not. `limits`
    are those of the y axis.
    """

    lines: tuple[DrawnLine, ...]
    marks: FloatArray
    readings: Readings
    best_readings: Readings
    nonfinite: int
    extent: tuple[float, float] | None
    view_steps: tuple[float, float] | None = None
    options: CurveOptions = PLAIN
    checkpoints: tuple[float, ...] = ()
    findings: tuple[Finding, ...] = ()
    limits: YLimits = ALL_SHOWN

    @property
    def drawn(self) -> int:
        """The number of points drawn in the view, of all lines."""
        return sum(len(each.drawn.inside) for each in self.lines)

    @property
    def total(self) -> int:
        """The number of points in the view before downsampling, of all lines."""
        return sum(each.drawn.total for each in self.lines)

    @property
    def shown(self) -> int:
        """The number of points drawn, and of values in view that are not finite."""
        return self.drawn + self.nonfinite


def curve(
    lines: Sequence[Line],
    view: View,
    options: CurveOptions = PLAIN,
    checkpoints: Sequence[float] = (),
    findings: tuple[Finding, ...] = (),
) -> Curve:
    """The points to draw, about two per pixel, with every extreme and spike of the view.

    If there is no point in the view, only its neighbours are drawn. The ends of the range may be in either order.

    Args: checkpoints: steps, increasing. findings: what is marked by a vertical line.
    """
    extent, in_view = extent_of(lines), steps_in_view(view, options.axis)
    low, high = in_view or extent or (0.0, 0.0)
    width = max(view.width_px, MIN_WIDTH_PX)
    smooth_values = smoothed_lines(lines, options.smoothing)
    drawn = [
        _drawn(line, values, low, high, width) for line, values in zip(lines, smooth_values, strict=True)
    ]
    nonfinite = [between(line.nonfinite, low, high)[1].steps for line in lines]
    marked = np.unique(np.concatenate([*nonfinite, np.empty(0)]))
    marks = marked[one_per_pixel(marked, width)]
    shown_checkpoints = tuple(step for step in checkpoints if low <= step <= high)
    best = best_steps(lines, in_view)
    special = np.union1d(marks, on_points(np.union1d(shown_checkpoints, best), lines))
    solid, dashed = ([each.drawn for each in drawn if each.line.is_eval == kind] for kind in (False, True))
    steps = hover_steps(solid, dashed, special, width)
    found = Curve(
        tuple(drawn),
        marks,
        readings_at(steps, lines, smooth_values),
        readings_at(best, lines, smooth_values),
        sum(map(len, nonfinite)),
        extent,
        in_view,
        options=options,
        checkpoints=shown_checkpoints,
        findings=findings,
    )
    return with_limits(found)


def extent_of(lines: Sequence[Line]) -> tuple[float, float] | None:
    """The first and the last step of the lines; None if they have no point."""
    parts = [part for line in lines for part in (line.points, line.nonfinite)]
    ends = [float(step) for part in parts if part for step in (part.steps[0], part.steps[-1])]
    return (min(ends), max(ends)) if ends else None


def smoothed_lines(lines: Sequence[Line], smoothing: float) -> list[FloatArray | None]:
    """The smoothed values of each line, None for those that are not smoothed."""
    return [
        smoothed(line.points.values, smoothing) if smoothing and line.points and not line.is_eval else None
        for line in lines
    ]


def with_limits(found: Curve) -> Curve:
    """The curve with the limits of its y axis, if its options ask for any."""
    log_y, clip = found.options.log_y, found.options.clip
    if not (clip or log_y):
        return found
    return replace(found, limits=y_limits(values_in_view(found), log_y=log_y, clip=clip))


def values_in_view(found: Curve) -> FloatArray:
    """All values in view, of all lines, line by line."""
    low, high = found.view_steps or found.extent or (0.0, 0.0)
    parts = [between(each.line.points, low, high)[1].values for each in found.lines]
    return np.concatenate([*parts, np.empty(0)])


def steps_in_view(view: View, axis: XAxis) -> tuple[float, float] | None:
    """The steps at the edges of the view; None if it shows all."""
    if view.x_range is None:
        return None
    low, high = axis.steps_at(np.array(sorted(view.x_range)))
    return float(low), float(high)


def _drawn(line: Line, smooth: FloatArray | None, low: float, high: float, width_px: int) -> DrawnLine:
    drawn = downsample(line.points, low, high, width_px)
    if smooth is None:
        return DrawnLine(line, drawn)
    steps = drawn.points.steps
    return DrawnLine(line, drawn, Series(steps, smooth[np.searchsorted(line.points.steps, steps)]))


def best_steps(lines: Sequence[Line], in_view: tuple[float, float] | None) -> FloatArray:
    """The steps of the lines' best points, increasing, if they are in view. None: everything is."""
    low, high = in_view or (-np.inf, np.inf)
    best = [line.best.step for line in lines if line.best and low <= line.best.step <= high]
    return np.unique(np.array(best, dtype=np.float64))


def on_points(steps: FloatArray, lines: Sequence[Line]) -> FloatArray:
    """Those of the steps that have a value, and thus a hover label."""
    has_value = np.zeros(len(steps), dtype=np.bool_)
    for line in lines:
        has_value |= _at(line.points, steps)[1]
    return steps[has_value]


def _at(series: Series, steps: FloatArray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """For each step, shape (n,): an index into the series, and whether the series has the step there."""
    if not len(series):
        return np.zeros(len(steps), dtype=np.intp), np.zeros(len(steps), dtype=np.bool_)
    at = np.minimum(np.searchsorted(series.steps, steps), len(series) - 1)
    return at, series.steps[at] == steps


def readings_at(
    steps: FloatArray, lines: Sequence[Line], smooth_values: Sequence[FloatArray | None]
) -> Readings:
    """What the lines report at these steps."""
    shape = (len(steps), len(lines))
    values, smooth = np.zeros(shape), np.full(shape, np.nan)
    reported = np.zeros(shape, dtype=np.bool_)
    for column, (line, smooth_line) in enumerate(zip(lines, smooth_values, strict=True)):
        for part in filter(len, (line.points, line.nonfinite)):
            at, hits = _at(part, steps)
            values[hits, column] = part.values[at[hits]]
            reported[hits, column] = True
        if smooth_line is not None:
            at, hits = _at(line.points, steps)
            smooth[hits, column] = smooth_line[at[hits]]
    return Readings(steps, values, reported, smooth)
