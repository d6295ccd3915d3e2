"""A curve in words: the note on its points, and the alternative text of its chart."""

from __future__ import annotations

from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.value_format import short_value
from arkor_dash.protocol.events import format_step

from .curve import Curve, DrawnLine


def points_note(curve: Curve, plural: str) -> str:
    """How many of the points are drawn, and which ones can't be.

    Args: plural: what the points are, such as `losses`.
    """
    parts = [f"showing {curve.drawn:,} of {curve.total:,} points"] if curve.total else []
    if curve.nonfinite:
        noun = plural.removesuffix("s") if curve.nonfinite == 1 else plural
        parts.append(f"{curve.nonfinite:,} {noun} not finite")
    if curve.clipped:
        parts.append(f"axis clipped to the 1st–99th percentile, {curve.clipped:,} outside")
    if curve.options.log_y and (hidden := curve.below_zero):
        parts.append(f"{hidden:,} at or below 0 not on the log scale")
    return " · ".join(parts)


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
        f"{short_value(float(drawn.inside.values[i]))} at step {format_step(float(drawn.inside.steps[i]))}"
        for i in (0, -1)
    )
    if drawn.total == 1:
        return f"{lower_first(line.line.name)}, 1 point, {first}"
    return f"{lower_first(line.line.name)}, {drawn.total:,} points, from {first} to {last}"


def lower_first(name: str) -> str:
    """The name as it stands within a sentence."""
    return f"{name[:1].lower()}{name[1:]}"
