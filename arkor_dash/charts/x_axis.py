"""The x axis of a chart: the step, or the time or the epoch that belongs to each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.series import FloatArray, begins_with
from arkor_dash.protocol.metric_names import EPOCH

STEP, ELAPSED, TIME_OF_DAY = "step", "elapsed", "time"

_HOUR_MS, _MINUTE_MS, _SECOND_MS = 3_600_000.0, 60_000.0, 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class XAxis:
    """A non-decreasing, piecewise linear map between steps and positions on the axis.

    `steps` and `positions`, shape (n,), n >= 1, are its knots; without them a step is its own position. Beyond the
    first and the last knot it continues with its mean slope. `title` names the axis with its unit. `is_time`: the
    positions are Unix milliseconds, which plotly.js shows in the time zone of the browser.
    """

    kind: str
    title: str
    steps: FloatArray | None = None
    positions: FloatArray | None = None
    is_time: bool = False

    def positions_at(self, steps: FloatArray) -> FloatArray:
        """The position of each step, in the same shape."""
        if self.steps is None or self.positions is None:
            return steps
        return _interpolate(steps, self.steps, self.positions)

    def steps_at(self, positions: FloatArray) -> FloatArray:
        """The step at each position, in the same shape. Of steps that share a position, the first or the last."""
        if self.steps is None or self.positions is None:
            return positions
        return _interpolate(positions, self.positions, self.steps)


def keeps_positions(before: XAxis, after: XAxis, steps: FloatArray) -> bool:
    """Whether these steps, shape (n,), have the same positions on both axes. The later one may have further knots."""
    if before.steps is None or before.positions is None or after.steps is None or after.positions is None:
        return before.steps is None and after.steps is None
    # Beyond the knots, a position depends on the mean pace, and thus on all knots.
    if len(steps) and not (steps.min() >= before.steps[0] and steps.max() <= before.steps[-1]):
        return False
    return begins_with(after.steps, before.steps) and begins_with(after.positions, before.positions)


BY_STEP = XAxis(STEP, "step")


def available_axes(metrics: Metrics) -> list[str]:
    """The kinds of axis for which at least two steps have a value, in the order of the menu."""
    kinds = [STEP]
    if len(metrics.times) > 1:
        kinds += [ELAPSED, TIME_OF_DAY]
    if len(metrics.finite(EPOCH)) > 1:
        kinds.append(EPOCH)
    return kinds


def x_axis(
    kind: str,
    metrics: Metrics,
    started_at_ms: float | None,
    *,
    longest_ms: float = 0.0,
) -> XAxis:
    """The axis of that kind, or `BY_STEP` if it is not available.

    Args:
        started_at_ms: where elapsed time begins, in Unix milliseconds; by default at the first report.
        longest_ms: the elapsed time of the longest of several jobs, so that all of them get the same unit.
    """
    if kind not in available_axes(metrics) or kind == STEP:
        return BY_STEP
    if kind == EPOCH:
        epochs = metrics.finite(EPOCH)
        return XAxis(EPOCH, "epoch", epochs.steps, np.maximum.accumulate(epochs.values))
    steps, at_ms = metrics.times.steps, np.maximum.accumulate(metrics.times.values)
    if kind == TIME_OF_DAY:
        return XAxis(TIME_OF_DAY, "time", steps, at_ms, is_time=True)
    elapsed_ms = at_ms - (at_ms[0] if started_at_ms is None else min(started_at_ms, at_ms[0]))
    unit, unit_ms = _unit(max(float(elapsed_ms[-1]), longest_ms))
    return XAxis(ELAPSED, f"elapsed ({unit})", steps, elapsed_ms / unit_ms)


def _unit(longest_ms: float) -> tuple[str, float]:
    """The largest unit in which the longest time is at least 2, and the milliseconds of that unit."""
    if longest_ms >= 2 * _HOUR_MS:
        return "h", _HOUR_MS
    return ("min", _MINUTE_MS) if longest_ms >= 2 * _MINUTE_MS else ("s", _SECOND_MS)


def _interpolate(at: FloatArray, xs: FloatArray, ys: FloatArray) -> FloatArray:
    """Linear between the knots (xs, ys), and beyond them with the slope from the first knot to the last.

    The result is finite, whatever numbers a run reports.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        inside = np.interp(at, xs, ys)
        span = xs[-1] - xs[0]
        slope = np.nan_to_num((ys[-1] - ys[0]) / span) if span else 0.0
        beyond = np.minimum(at - xs[0], 0.0) + np.maximum(at - xs[-1], 0.0)
        result: FloatArray = np.nan_to_num(inside + beyond * slope)
    return result
