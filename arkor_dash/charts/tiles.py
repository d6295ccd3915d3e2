"""The small charts of a run's metrics: the points of each, and the x axis that they share.

Positions are relative to that of the first report, which stays the same while the run grows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.metric import Metric
from arkor_dash.metrics.series import FloatArray, Series, between, newest

from .curve import View, steps_in_view
from .downsampling import downsample, one_per_pixel
from .x_axis import XAxis

HOVER_PX = 2
"""Pixels between two steps that the pointer can select in a long run."""
LARGEST_X = 1e38


@dataclass(frozen=True, slots=True, eq=False)
class TileAxis:
    """The x axis of the small charts: the part of `axis` from position `low` to position `high`.

    `x_range` is that part if it is not the whole run. `steps`, shape (n,), are the steps that the pointer can select:
    all that are drawn, or about one in `HOVER_PX` pixels.
    """

    axis: XAxis
    base: float
    low: float
    high: float
    steps: FloatArray
    width_px: int
    x_range: tuple[float, float] | None = None

    def relative(self, steps: FloatArray) -> FloatArray:
        """The positions of these steps relative to `base`, which fit into float32."""
        with np.errstate(over="ignore"):
            relative: FloatArray = np.clip(self.axis.positions_at(steps) - self.base, -LARGEST_X, LARGEST_X)
        return relative


@dataclass(frozen=True, slots=True, eq=False)
class TilePoints:
    """What a small chart draws, over positions relative to the axis's base: a line, and the values not finite."""

    x: FloatArray
    y: FloatArray
    nonfinite_x: FloatArray
    nonfinite_y: FloatArray


def tile_axis(metrics: Metrics, view: View, axis: XAxis) -> TileAxis:
    """The x axis of the small charts in a view; `view.width_px` is the width of one of them."""
    steps = metrics.steps
    if not len(steps):
        return TileAxis(axis, 0.0, 0.0, 0.0, steps, view.width_px)
    ends = axis.positions_at(np.array([steps[0], steps[-1]])).tolist()
    low, high = sorted(view.x_range) if view.x_range else ends
    in_view = steps_in_view(view, axis)
    inside = steps[between(Series(steps, steps), *in_view)[0]] if in_view else steps
    all_drawn = len(inside) <= 2 * view.width_px
    selectable = inside if all_drawn else _evenly(inside, view.width_px // HOVER_PX)
    return TileAxis(axis, ends[0], low, high, selectable, view.width_px, view.x_range)


def tile_points(metric: Metric, shared: TileAxis) -> TilePoints:
    """The points of a small chart: about two a pixel with all extremes, and those that the pointer can select."""
    low, high = shared.axis.steps_at(np.array([shared.low, shared.high])).tolist()
    drawn = downsample(metric.finite, low, high, shared.width_px).points
    points = _with_steps(drawn, metric.finite, shared.steps)
    bad = between(metric.nonfinite, low, high)[1]
    bad_at = one_per_pixel(bad.steps, shared.width_px)
    return TilePoints(
        shared.relative(points.steps),
        points.values,
        shared.relative(bad.steps[bad_at]),
        bad.values[bad_at],
    )


def tile_stage(shared: TileAxis) -> tuple[object, ...]:
    """Changes whenever lines on the axis would look different by about a pixel. The same for all who look now."""
    if not len(shared.steps):
        return ()
    span = shared.high - shared.low
    if not math.isfinite(span):
        return shared.low, shared.axis.title, 0
    if shared.x_range is None:
        return shared.low, shared.axis.title, int(math.log(max(span, 1e-9)) * shared.width_px)
    drawn = min(max(float(shared.axis.positions_at(shared.steps[-1:])[0]) - shared.low, 0.0), span)
    return shared.low, shared.axis.title, int(drawn / span * shared.width_px) if span > 0 else 0


def tile_version(metric: Metric, shared: TileAxis) -> tuple[object, ...]:
    """Changes whenever `tile_points` may change by more than the steps that can be selected."""
    last = [end.step for end in (newest(metric.finite), newest(metric.nonfinite)) if end]
    ends = shared.relative(np.array(last)).tolist()  # an axis may move what lies behind its last knot
    return metric.version, shared.axis.title, shared.base, shared.width_px, shared.x_range, ends


def _with_steps(drawn: Series, series: Series, steps: FloatArray) -> Series:
    """The drawn points, and those of the series at the given steps, as far as it has them."""
    if len(drawn) == len(series):
        return series
    at = np.minimum(np.searchsorted(series.steps, steps), len(series) - 1)
    kept = np.union1d(np.searchsorted(series.steps, drawn.steps), at[series.steps[at] == steps])
    return Series(series.steps[kept], series.values[kept])


def _evenly(steps: FloatArray, count: int) -> FloatArray:
    """At most about `count` of the steps, evenly distributed over their range, with the first and the last one."""
    shares = np.linspace(0.0, 1.0, max(count, 2))
    even = steps[0] * (1 - shares) + steps[-1] * shares  # the distance of the ends may exceed a float's range
    chosen: FloatArray = steps[np.unique(np.minimum(np.searchsorted(steps, even), len(steps) - 1))]
    return chosen
