"""How a curve grows: the points that came after it, as long as they can just be added to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from arkor_dash.metrics.series import FloatArray, Series, between, continues

from .curve import (
    Curve,
    CurveOptions,
    DrawnLine,
    View,
    best_steps,
    extent_of,
    on_points,
    readings_at,
    smoothed_lines,
    steps_in_view,
    with_limits,
)
from .downsampling import DrawnSeries
from .lines import Content, Line
from .x_axis import XAxis, keeps_positions

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """A curve that has grown.

    `whole` draws the points of the earlier curve, and all that came since; its `readings` are those of the earlier
    one. `tail` draws only what came since. `checkpoints` are those that came since.
    """

    whole: Curve
    tail: Curve
    checkpoints: tuple[float, ...]


def grown(
    before: Curve, content: Content, view: View, options: CurveOptions, most_added: int
) -> Growth | None:
    """How the curve has grown; None if its points have changed otherwise, so that it has to be drawn anew.

    Args: view, options: as for the curve, but for further knots of the axis. most_added: None, too, if more points
        than that came since. That is known early: to add a million takes much longer than to draw them anew.
    """
    lines, in_view = content.lines, steps_in_view(view, options.axis)
    low, high = in_view or (-np.inf, np.inf)
    shown = tuple(step for step in content.checkpoints if low <= step <= high)
    if (
        len(lines) != len(before.lines)
        or shown[: len(before.checkpoints)] != before.checkpoints
        or not _continues_axis(before, options.axis)
        or not _continues_view(before, in_view)
        or not all(_continues_line(old, new, low) for old, new in zip(before.lines, lines, strict=True))
    ):
        return None
    added = [_added(old, new, high) for old, new in zip(before.lines, lines, strict=True)]
    nonfinite = [
        between(_since(old.line.nonfinite, new.nonfinite), low, high)[1].steps
        for old, new in zip(before.lines, lines, strict=True)
    ]
    if sum(len(each.inside) for each in added) + sum(map(len, nonfinite)) > most_added:
        return None
    marks = np.unique(np.concatenate([*nonfinite, np.empty(0)]))
    smooth_values = smoothed_lines(lines, options.smoothing)
    labelled = on_points(np.array(shown[len(before.checkpoints) :], dtype=np.float64), lines)
    steps = np.unique(np.concatenate([*(each.inside.steps for each in added), marks, labelled]))
    tail_lines = tuple(map(_drawn_line, lines, added, smooth_values))
    whole = replace(
        before,
        lines=tuple(map(_joined, before.lines, tail_lines)),
        marks=np.concatenate([before.marks, marks]),
        best_readings=readings_at(best_steps(lines, in_view), lines, smooth_values),
        nonfinite=before.nonfinite + sum(map(len, nonfinite)),
        extent=extent_of(lines),
        view_steps=in_view,
        options=options,
        checkpoints=shown,
        findings=content.findings,
    )
    readings = readings_at(steps, lines, smooth_values)
    tail = replace(whole, lines=tail_lines, marks=marks, readings=readings)
    return Growth(with_limits(whole), tail, shown[len(before.checkpoints) :])


def _continues_axis(before: Curve, axis: XAxis) -> bool:
    """Whether the steps drawn so far keep their positions."""
    points = [each.drawn.points.steps for each in before.lines]
    drawn = np.concatenate([*points, before.marks, before.checkpoints])
    return keeps_positions(before.options.axis, axis, drawn)


def _continues_view(before: Curve, in_view: Range | None) -> bool:
    """Whether the same of the earlier points are in view."""
    if before.view_steps is None or in_view is None:
        return before.view_steps is in_view
    (old_low, old_high), (low, high) = before.view_steps, in_view
    newest = before.extent[1] if before.extent else -np.inf
    return old_low == low and (old_high == high or newest <= min(old_high, high))


def _continues_line(before: DrawnLine, line: Line, low: float) -> bool:
    """Whether the line has only got further points, and an earlier part of it is drawn if it has."""
    old = before.line
    if (old.name, old.is_eval) != (line.name, line.is_eval):
        return False
    if not (continues(old.points, line.points) and continues(old.nonfinite, line.nonfinite)):
        return False
    new = _since(old.points, line.points)
    return not len(new) or (len(before.drawn.points) > 1 and bool(new.steps[0] >= low))


def _since(old: Series, new: Series) -> Series:
    return Series(new.steps[len(old) :], new.values[len(old) :])


def _added(before: DrawnLine, line: Line, high: float) -> DrawnSeries:
    """The new points that are drawn: those in view, and the first one beyond, so that the line reaches the edge."""
    drawn, new = before.drawn.points, _since(before.line.points, line.points)
    if len(drawn) and drawn.steps[-1] > high:
        new = Series(new.steps[:0], new.values[:0])
    inside = int(np.searchsorted(new.steps, high, "right"))
    points = Series(new.steps[: inside + 1], new.values[: inside + 1])
    return DrawnSeries(points, Series(new.steps[:inside], new.values[:inside]), inside)


def _drawn_line(line: Line, drawn: DrawnSeries, smooth: FloatArray | None) -> DrawnLine:
    if smooth is None:
        return DrawnLine(line, drawn)
    steps = drawn.points.steps
    return DrawnLine(line, drawn, Series(steps, smooth[np.searchsorted(line.points.steps, steps)]))


def _joined(before: DrawnLine, tail: DrawnLine) -> DrawnLine:
    old, new = before.drawn, tail.drawn
    drawn = DrawnSeries(_join(old.points, new.points), _join(old.inside, new.inside), old.total + new.total)
    smooth = _join(before.smooth, tail.smooth) if before.smooth and tail.smooth else before.smooth
    return DrawnLine(tail.line, drawn, smooth)


def _join(first: Series, then: Series) -> Series:
    if not len(then):
        return first
    return Series(np.concatenate([first.steps, then.steps]), np.concatenate([first.values, then.values]))
