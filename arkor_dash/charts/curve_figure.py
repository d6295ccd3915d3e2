"""A chart of a job as a Plotly figure: how the points of a `Curve` are drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from arkor_dash.metrics.series import FloatArray, Series, Value

from .curve import Curve, DrawnLine
from .curve_text import lower_first
from .hover import SMOOTHED_NAME, best_hover_traces, hover_traces
from .layout import base_layout, reaching
from .theme import EVAL_SET_COLOURS, ChartTheme
from .traces import LARGEST_DRAWABLE, extent_traces, flat_trace, line_trace, plain
from .x_axis import STEP, XAxis
from .y_axis import overlay_axis, y_axis

NONFINITE_NAME, CHECKPOINT_NAME = "Not finite", "Checkpoint"
FAINT = 0.3
MARK_HEIGHT, TOP = 3, 100
ABOVE = {"angle": -180, "standoff": 6}
"""Turns a marker upside down, and moves it above its place."""
FEW_STEPS = 8
"""Up to so many steps have a tick each. Plotly would also write places between them."""


def curve_figure(curve: Curve, theme: ChartTheme, unit: str = "loss") -> go.Figure:
    """The figure of `curve_figure_dict`, validated by Plotly."""
    return go.Figure(curve_figure_dict(curve, theme, unit))


def curve_figure_dict(curve: Curve, theme: ChartTheme, unit: str = "loss") -> dict[str, Any]:
    """The figure as a dictionary of `data` and `layout`; `unit` is the title of the y axis.

    A line without points has no trace. The visible traces have no hover labels, since each would show the value of
    its own nearest step. The invisible traces of `hover_traces` carry the labels.
    """
    traces = [
        *growing_traces(curve, curve.checkpoints, overlay_name(curve), theme),
        *other_traces(curve, theme),
    ]
    # There, plotly.js reads `autorangeoptions` in UTC, and times in the zone of the browser. See `extent_traces`.
    extent = [] if curve.options.axis.is_time else extent_positions(curve)
    return {"data": traces, "layout": reaching(curve_layout(curve, theme, unit), extent)}


def growing_traces(
    curve: Curve, checkpoints: Sequence[float], overlay: str, theme: ChartTheme
) -> list[dict[str, Any]]:
    """The traces that get further points as the run goes on.

    Args: checkpoints: those to draw. overlay: the `overlay_name` of the whole curve, of which this may be a part.

    Each has a `uid` of its own, which plotly.js uses as the name of a CSS class. Their order is that of these ids.
    """
    axis = curve.options.axis
    traces = point_traces(curve, _colours(curve, theme), overlay, theme.nonfinite)
    if len(checkpoints):
        marker = {"color": theme.text, "size": 8, "symbol": "triangle-up", **ABOVE}
        style = {"uid": "3-checkpoints", "yaxis": overlay, "mode": "markers", "marker": marker}
        steps = np.array(checkpoints)
        traces.append(flat_trace(CHECKPOINT_NAME, axis, steps, TOP, **style, cliponaxis=False))
    return traces + hover_traces(curve, overlay)


def point_traces(
    curve: Curve, colours: Sequence[str], overlay: str, mark_colour: str
) -> list[dict[str, Any]]:
    """The traces of the lines, in these colours, and the marks of values that are not finite.

    Args: overlay: the name of the axis in percent of the height.
    """
    axis = curve.options.axis
    traces = [
        trace
        for number, (drawn, colour) in enumerate(zip(curve.lines, colours, strict=True))
        for trace in _line_traces(number, drawn, axis, colour)
    ]
    if len(curve.marks):
        marker = {"color": mark_colour, "size": 9, "symbol": "triangle-up"}
        style = {"uid": "2-not-finite", "yaxis": overlay, "mode": "markers", "marker": marker}
        traces.append(flat_trace(NONFINITE_NAME, axis, curve.marks, MARK_HEIGHT, **style))
    return traces


def other_traces(curve: Curve, theme: ChartTheme) -> list[dict[str, Any]]:
    """The traces that are drawn above the growing ones: the best points, and an invisible one for the axis."""
    extent = extent_traces(curve.options.axis, extent_positions(curve))
    stars = star_traces(curve, _colours(curve, theme), theme)
    return [*stars, *extent, *best_hover_traces(curve, overlay_name(curve))]


def star_traces(curve: Curve, colours: Sequence[str], theme: ChartTheme) -> list[dict[str, Any]]:
    """The best points of the lines, as far as they are in view."""
    return [
        {
            **_star(best, plain(drawn.line.name), curve.options.axis, colour, theme),
            "legendgroup": drawn.line.name,
        }
        for drawn, colour in zip(curve.lines, colours, strict=True)
        if (best := _best_in_view(drawn))
    ]


def overlay_name(curve: Curve) -> str:
    """The axis in percent of the height, as Plotly names it. Plotly drops one whose base axis has no trace."""
    return "y2" if any(each.drawn.points for each in curve.lines) else "y"


def _colours(curve: Curve, theme: ChartTheme) -> list[str]:
    """A colour for each line: one for the solid ones, and another one for each eval."""
    evals = iter((theme.eval, *EVAL_SET_COLOURS))
    return [next(evals, theme.quiet) if each.line.is_eval else theme.train for each in curve.lines]


def _line_traces(number: int, drawn: DrawnLine, axis: XAxis, colour: str) -> list[dict[str, Any]]:
    points, line = drawn.drawn.points, drawn.line
    if not points:
        return []
    # A line through a single point is invisible.
    mode = "lines+markers" if line.is_eval else "lines" if len(points) > 1 else "markers"
    style = {
        "mode": mode,
        "line": {"color": colour, "width": 1.75, "dash": "dash" if line.is_eval else "solid"},
        "marker": {"color": colour},
        "cliponaxis": mode == "lines",  # a marker at the first step is whole
    }
    opacity = {"opacity": FAINT} if drawn.smooth else {}
    uid = f"1-line-{number:02}"
    named = {"uid": uid, "legendgroup": line.name}  # the traces of a group are hidden together
    traces = [line_trace(plain(line.name), axis, points, **named, **style, **opacity)]
    if drawn.smooth:
        traces.append(line_trace(SMOOTHED_NAME, axis, drawn.smooth, uid=f"{uid}-smoothed", **style))
    return traces


def _best_in_view(drawn: DrawnLine) -> Value | None:
    best, inside = drawn.line.best, drawn.drawn.inside
    return best if best and len(inside) and inside.steps[0] <= best.step <= inside.steps[-1] else None


def _star(best: Value, name: str, axis: XAxis, colour: str, theme: ChartTheme) -> dict[str, Any]:
    marker = {"color": colour, "size": 13, "symbol": "star", "line": {"width": 1, "color": theme.hover}}
    point = Series(np.array([best.step]), np.array([best.value]))
    return line_trace(
        f"Best {lower_first(name)}", axis, point, mode="markers", marker=marker, showlegend=False
    )


def extent_positions(curve: Curve) -> list[float]:
    """The positions of the first and the last step of the lines."""
    positions = curve.options.axis.positions_at(np.array(curve.extent or ()))
    extent: list[float] = np.clip(positions, -LARGEST_DRAWABLE, LARGEST_DRAWABLE).tolist()
    return extent


def curve_layout(curve: Curve, theme: ChartTheme, unit: str = "loss") -> dict[str, Any]:
    """The layout of the figure, without the extent of the x axis, which changes with each point."""
    base = base_layout(theme, curve.options.axis)
    has_points = any(each.drawn.points for each in curve.lines)
    return {
        **base,
        # The hover traces lie at one height, so the closest point belongs to the closest step. Plotly's unified
        # label would add the nearest point of every trace.
        "hoverdistance": -1,
        **_findings(curve, theme),
        "xaxis": {**base["xaxis"], **_few_ticks(curve)},
        "yaxis": {
            **base["yaxis"],
            **y_axis(drawn_values(curve), curve.limits, log_y=curve.options.log_y, clip=curve.options.clip),
            "title": {"text": plain(unit), "font": {"size": 12}},
            "showticklabels": has_points,
            "rangemode": "normal" if has_points else "tozero",
        },
        "yaxis2": overlay_axis("y"),
    }


def _few_ticks(curve: Curve) -> dict[str, Any]:
    """The ticks of an axis of few whole steps; {} for any other axis."""
    first, last = curve.extent or (0.0, math.inf)
    is_few = last - first <= FEW_STEPS and first.is_integer() and last.is_integer()
    return {"tick0": 0, "dtick": 1} if is_few and curve.options.axis.kind == STEP else {}


def drawn_values(curve: Curve) -> FloatArray:
    """The values of all drawn points."""
    return np.concatenate([*(each.drawn.points.values for each in curve.lines), np.empty(0)])


def _findings(curve: Curve, theme: ChartTheme) -> dict[str, Any]:
    """A vertical line with a label at the step of each finding."""
    lines: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for finding in curve.findings:
        position = float(curve.options.axis.positions_at(np.array([finding.step]))[0])
        at = {"xref": "x", "yref": "paper"}
        dash = {"color": theme.nonfinite, "width": 1, "dash": "dot"}
        lines.append({**at, "type": "line", "x0": position, "x1": position, "y0": 0, "y1": 1, "line": dash})
        font = {"color": theme.nonfinite, "size": 12}
        labels.append(
            {**at, "x": position, "y": 1, "text": finding.title, "font": font}
            | {"showarrow": False, "xanchor": "left", "yanchor": "top", "xshift": 4}
        )
    return {"shapes": lines, "annotations": labels}
