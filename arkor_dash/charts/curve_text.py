"""A curve in words: the note on its points, and the alternative text of its chart."""

from __future__ import annotations

from collections.abc import Sequence

from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.value_format import short_value, shown_step

from .curve import Curve, DrawnLine
from .y_axis import YLimits


def points_note(curves: Sequence[Curve], limits: Sequence[tuple[str, YLimits]], plural: str) -> str:
    """How many of the points are drawn, and which ones can't be.

    Args: limits: the title of each chart with the limits of its y axis. plural: what the points are, as `losses`.
    """
    total = sum(curve.total for curve in curves)
    parts = [f"showing {sum(curve.drawn for curve in curves):,} of {total:,} points"] if total else []
    if nonfinite := sum(curve.nonfinite for curve in curves):
        parts.append(f"{nonfinite:,} {plural.removesuffix('s') if nonfinite == 1 else plural} not finite")
    if clipped := _by_chart([(title, each.clipped) for title, each in limits]):
        parts.append(f"axis clipped to the 1st–99th percentile, {clipped} outside")
    if hidden := _by_chart([(title, each.below_zero) for title, each in limits]):
        parts.append(f"{hidden} at or below 0 not on the log scale")
    return " · ".join(parts)


def _by_chart(counts: Sequence[tuple[str, int]]) -> str:
    """`12`, or `12 of loss, 5 of reward` if there are several charts; "" if all counts are 0."""
    return ", ".join(
        f"{count:,} of {title}" if len(counts) > 1 else f"{count:,}" for title, count in counts if count
    )


def missing_steps(metrics: Metrics) -> str:
    """How many reports have no step, and thus no place in a chart; "" if all have one."""
    without = metrics.without_step
    return (
        f"{without:,} {'report' if without == 1 else 'reports'} without a step not drawn" if without else ""
    )


def chart_alt(curve: Curve) -> str:
    """The alternative text of the chart, for screen readers: one sentence."""
    parts = [_described(each) for each in curve.lines]
    if curve.nonfinite:
        parts.append(f"{curve.nonfinite:,} {'value' if curve.nonfinite == 1 else 'values'} not finite")
    text = "; ".join(part for part in parts if part) or "no value in view"
    return f"{text[0].upper()}{text[1:]}."


def _described(line: DrawnLine) -> str:
    drawn = line.drawn
    if not drawn.total:
        return ""
    first, last = (
        f"{short_value(float(drawn.inside.values[i]))} at step {shown_step(float(drawn.inside.steps[i]))}"
        for i in (0, -1)
    )
    if drawn.total == 1:
        return f"{lower_first(line.line.name)}, 1 point, {first}"
    return f"{lower_first(line.line.name)}, {drawn.total:,} points, from {first} to {last}"


def lower_first(name: str) -> str:
    """The name as it stands within a sentence."""
    return f"{name[:1].lower()}{name[1:]}"
