"""A chart of a job as a Plotly figure: how the points of a `Curve` are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from arkor_dash.metrics.series import Series
from arkor_dash.metrics.value_format import short_value
from arkor_dash.protocol.events import format_step

from .curve import Curve, DrawnLine
from .hover import SMOOTHED_NAME, hover_traces
from .layout import base_layout, constant_axis
from .theme import EVAL_SET_COLOURS, ChartTheme
from .traces import extent_traces, flat_trace, line_trace, plain

NONFINITE_NAME = "Not finite"
FAINT = 0.3


def curve_figure(curve: Curve, theme: ChartTheme, unit: str = "loss") -> go.Figure:
    """The figure of `curve_figure_dict`, validated by Plotly."""
    return go.Figure(curve_figure_dict(curve, theme, unit))


def curve_figure_dict(curve: Curve, theme: ChartTheme, unit: str = "loss") -> dict[str, Any]:
    """The figure as a dictionary of `data` and `layout`; `unit` is the title of the y axis.

    A line without points has no trace. The visible traces have no hover labels, since each would show the value of
    its own nearest step. The invisible traces of `hover_traces` carry the labels.
    """
    axis = curve.options.axis
    colours = _colours(curve, theme)
    traces = [
        trace
        for drawn, colour in zip(curve.lines, colours, strict=True)
        for trace in _line_traces(curve, drawn, colour, theme)
    ]
    # Plotly drops an overlaying axis whose base axis has no trace.
    overlay = "y2" if traces else "y"
    if len(curve.marks):
        marker = {"color": theme.nonfinite, "size": 9, "symbol": "triangle-up"}
        traces.append(
            flat_trace(NONFINITE_NAME, axis, curve.marks, 3, yaxis=overlay, mode="markers", marker=marker)
        )
    if curve.checkpoints:
        steps = np.array(curve.checkpoints)
        marker = {
            "color": theme.text,
            "size": 12,
            "symbol": "line-ns",
            "line": {"width": 1.5, "color": theme.text},
        }
        traces.append(
            flat_trace(
                "",
                axis,
                steps,
                0,
                yaxis=overlay,
                mode="markers",
                marker=marker,
                showlegend=False,
                cliponaxis=False,
            )
        )
    traces += extent_traces(axis, _extent(curve))
    traces += hover_traces(curve, overlay)
    return {"data": traces, "layout": _layout(curve, theme, unit)}


def _colours(curve: Curve, theme: ChartTheme) -> list[str]:
    """A colour for each line: one for the solid ones, and another one for each eval."""
    evals = iter((theme.eval, *EVAL_SET_COLOURS))
    return [next(evals, theme.quiet) if each.line.is_eval else theme.train for each in curve.lines]


def _line_traces(curve: Curve, drawn: DrawnLine, colour: str, theme: ChartTheme) -> list[dict[str, Any]]:
    axis, points, line = curve.options.axis, drawn.drawn.points, drawn.line
    if not points:
        return []
    name = plain(line.name)
    # A line through a single point is invisible.
    mode = "lines+markers" if line.is_eval else "lines" if len(points) > 1 else "markers"
    style = {
        "mode": mode,
        "line": {"color": colour, "width": 1.75, "dash": "dash" if line.is_eval else "solid"},
        "marker": {"color": colour},
    }
    opacity = {"opacity": FAINT} if drawn.smooth else {}
    traces = [line_trace(name, axis, points, **style, **opacity)]
    if drawn.smooth:
        traces.append(line_trace(SMOOTHED_NAME, axis, drawn.smooth, **style))
    best, inside = line.best, drawn.drawn.inside
    if best and len(inside) and inside.steps[0] <= best.step <= inside.steps[-1]:
        marker = {"color": colour, "size": 13, "symbol": "star", "line": {"width": 1, "color": theme.hover}}
        point = Series(np.array([best.step]), np.array([best.value]))
        traces.append(
            line_trace(f"Best {_lower(name)}", axis, point, mode="markers", marker=marker, showlegend=False)
        )
    return traces


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
        return f"{_lower(line.line.name)}, 1 point, {first}"
    return f"{_lower(line.line.name)}, {drawn.total:,} points, from {first} to {last}"


def _lower(name: str) -> str:
    return f"{name[:1].lower()}{name[1:]}"


def _extent(curve: Curve) -> list[float]:
    extent: list[float] = curve.options.axis.positions_at(np.array(curve.extent or ())).tolist()
    return extent


def _layout(curve: Curve, theme: ChartTheme, unit: str) -> dict[str, Any]:
    axis = curve.options.axis
    base = base_layout(theme, axis)
    has_points = any(each.drawn.points for each in curve.lines)
    return {
        **base,
        # The hover traces lie at one height, so the closest point belongs to the closest step. Plotly's unified
        # label would add the nearest point of every trace.
        "hoverdistance": -1,
        **_findings(curve, theme),
        # Zooming out shows the whole job at once, although only the points in view were sent.
        "xaxis": {**base["xaxis"], "autorangeoptions": {"include": [] if axis.is_time else _extent(curve)}},
        "yaxis": {
            **base["yaxis"],
            **_y_axis(curve),
            "title": {"text": plain(unit), "font": {"size": 12}},
            "showticklabels": has_points,
            "rangemode": "normal" if has_points else "tozero",
        },
        # An axis in percent of the height.
        "yaxis2": {"overlaying": "y", "range": [0, 100], "fixedrange": True, "visible": False},
    }


def _y_axis(curve: Curve) -> dict[str, Any]:
    options, ends = curve.options, curve.y_range
    axis: dict[str, Any] = {
        "type": "log" if options.log_y else "linear",
        "uirevision": f"{options.log_y} {options.clip}",
    }
    if ends is None or (options.log_y and ends[0] <= 0):
        values = np.concatenate([*(each.drawn.points.values for each in curve.lines), np.empty(0)])
        return axis if options.log_y else {**axis, **constant_axis(values)}
    low, high = np.log10(ends).tolist() if options.log_y else ends
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    return {**axis, "range": [low - room, high + room], "autorange": False}


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
