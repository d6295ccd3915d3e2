"""What a curve is drawn over: its steps, or the time or the epoch that belongs to each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arkor_dash.metrics.losses import FloatArray
from arkor_dash.metrics.side_series import SideSeries

STEP, ELAPSED, WALL, EPOCH = "step", "elapsed", "time", "epoch"

_UNITS = (("h", 3_600_000.0, 2 * 3_600_000.0), ("min", 60_000.0, 2 * 60_000.0), ("s", 1000.0, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class XAxis:
    """A never falling function from steps to places on the axis: lines between knots, and on beyond the last.

    `title` names the axis with its unit. `is_time`: the places are milliseconds since 1970 in the viewer's zone.
    Without knots, a step is its own place.
    """

    kind: str
    title: str
    steps: FloatArray | None = None
    places: FloatArray | None = None
    is_time: bool = False

    def of(self, steps: FloatArray) -> FloatArray:
        """Where each step lies."""
        if self.steps is None or self.places is None:
            return steps
        return _along(steps, self.steps, self.places)

    def steps_at(self, places: FloatArray) -> FloatArray:
        """The step that lies at each place: of those that share one, the first or the last."""
        if self.steps is None or self.places is None:
            return places
        return _along(places, self.places, self.steps)


BY_STEP = XAxis(STEP, "step")


def offered(side_series: SideSeries) -> list[str]:
    """The kinds of axis that the reports allow, in the order in which they are offered."""
    kinds = [STEP]
    if len(side_series.reported(side_series.at_ms)[0]) > 1:
        kinds += [ELAPSED, WALL]
    if len(side_series.reported(side_series.epoch)[0]) > 1:
        kinds.append(EPOCH)
    return kinds


def x_axis(
    kind: str,
    side_series: SideSeries,
    started_at_ms: float | None,
    *,
    utc_offset_ms: float = 0.0,
    longest_ms: float = 0.0,
) -> XAxis:
    """The axis of that kind; by step where the reports don't allow it.

    Elapsed time runs from `started_at_ms`, else from the first report, in the unit for that, or for
    `longest_ms` if that is longer. Wall time is that of a zone so far ahead of UTC.
    """
    if kind not in offered(side_series) or kind == STEP:
        return BY_STEP
    if kind == EPOCH:
        steps, epochs = side_series.reported(side_series.epoch)
        return XAxis(EPOCH, "epoch", steps, np.maximum.accumulate(epochs))
    steps, at_ms = side_series.reported(side_series.at_ms)
    at_ms = np.maximum.accumulate(at_ms)
    if kind == WALL:
        return XAxis(WALL, "time", steps, at_ms + utc_offset_ms, is_time=True)
    elapsed_ms = at_ms - (at_ms[0] if started_at_ms is None else min(started_at_ms, at_ms[0]))
    unit, size_ms, _ = next(unit for unit in _UNITS if max(elapsed_ms[-1], longest_ms) >= unit[2])
    return XAxis(ELAPSED, f"elapsed ({unit})", steps, elapsed_ms / size_ms)


def _along(at: FloatArray, xs: FloatArray, ys: FloatArray) -> FloatArray:
    """Linear between the knots, and beyond the ends as steep as from the first knot to the last."""
    inside = np.interp(at, xs, ys)
    spanned = float(xs[-1] - xs[0])
    slope = float(ys[-1] - ys[0]) / spanned if spanned else 0.0
    beyond = np.minimum(at - xs[0], 0.0) + np.maximum(at - xs[-1], 0.0)
    result: FloatArray = inside + beyond * slope
    return result
