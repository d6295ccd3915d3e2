"""The loss chart of a job as a Plotly figure: how the points of a `LossCurve` are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from arkor_dash.metrics.series import Series
from arkor_dash.protocol.events import format_step

from .downsampling import DrawnSeries
from .hover import EVAL_NAME, SMOOTHED_NAME, TRAIN_NAME, hover_traces
from .layout import base_layout
from .loss_curve import LossCurve
from .theme import ChartTheme
from .traces import flat_trace, line_trace

NONFINITE_NAME, BEST_NAME = "Not finite", "Best eval loss"
FAINT = 0.3


def loss_figure(curve: LossCurve, theme: ChartTheme) -> go.Figure:
    """The figure of `loss_figure_dict`, validated by Plotly."""
    return go.Figure(loss_figure_dict(curve, theme))


def loss_figure_dict(curve: LossCurve, theme: ChartTheme) -> dict[str, Any]:
    """The figure as a dictionary of `data` and `layout`: training loss solid, eval loss dashed with markers.

    A series without points has no trace. The visible traces have no hover labels, since each would show the loss of
    its own nearest step. The invisible traces of `hover_traces` carry the labels.
    """
    axis = curve.options.axis
    traces = _loss_traces(curve, theme)
    # Plotly drops an overlaying axis whose base axis has no trace.
    overlay = "y2" if traces else "y"
    if len(curve.marks):
        marker = {"color": theme.nonfinite, "size": 9, "symbol": "triangle-up"}
        traces.append(
            flat_trace(NONFINITE_NAME, axis, curve.marks, 3, yaxis=overlay, mode="markers", marker=marker)
        )
    if curve.landmarks.checkpoints:
        steps = np.array(curve.landmarks.checkpoints)
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
    traces += hover_traces(curve, overlay)
    return {"data": traces, "layout": _layout(curve, theme)}


def _loss_traces(curve: LossCurve, theme: ChartTheme) -> list[dict[str, Any]]:
    axis, train, evals = curve.options.axis, curve.train.points, curve.eval.points
    traces: list[dict[str, Any]] = []
    if train:
        # A line through a single point is invisible.
        mode = "lines" if len(train) > 1 else "markers"
        dash = {"color": theme.train, "width": 1.75, "dash": "solid"}
        style = {"mode": mode, "line": dash, "marker": {"color": theme.train}}
        opacity = {"opacity": FAINT} if curve.smooth else {}
        traces.append(line_trace(TRAIN_NAME, axis, train, **style, **opacity))
        if curve.smooth:
            traces.append(line_trace(SMOOTHED_NAME, axis, curve.smooth, **style))
    if evals:
        dash = {"color": theme.eval, "width": 1.75, "dash": "dash"}
        style = {"mode": "lines+markers", "line": dash, "marker": {"color": theme.eval}}
        traces.append(line_trace(EVAL_NAME, axis, evals, **style))
    best = curve.landmarks.best
    if (
        best
        and len(curve.eval.inside)
        and curve.eval.inside.steps[0] <= best.step <= curve.eval.inside.steps[-1]
    ):
        marker = {
            "color": theme.eval,
            "size": 13,
            "symbol": "star",
            "line": {"width": 1, "color": theme.hover},
        }
        point = Series(np.array([best.step]), np.array([best.loss]))
        traces.append(line_trace(BEST_NAME, axis, point, mode="markers", marker=marker, showlegend=False))
    return traces


def chart_alt(curve: LossCurve) -> str:
    """The alternative text of the chart, for screen readers: one sentence."""
    parts = [_described(TRAIN_NAME, curve.train), _described(EVAL_NAME, curve.eval)]
    if curve.nonfinite:
        parts.append(f"{curve.nonfinite:,} {'loss' if curve.nonfinite == 1 else 'losses'} not finite")
    text = "; ".join(part for part in parts if part) or "no loss in view"
    return f"{text[0].upper()}{text[1:]}."


def _described(name: str, series: DrawnSeries) -> str:
    if not series.total:
        return ""
    first, last = (
        f"{series.inside.values[i]:.4g} at step {format_step(float(series.inside.steps[i]))}" for i in (0, -1)
    )
    if series.total == 1:
        return f"{name.lower()}, 1 point, {first}"
    return f"{name.lower()}, {series.total:,} points, from {first} to {last}"


def _layout(curve: LossCurve, theme: ChartTheme) -> dict[str, Any]:
    axis = curve.options.axis
    base = base_layout(theme, axis)
    has_points = bool(curve.train.points or curve.eval.points)
    extent = axis.positions_at(np.array(curve.extent or ())).tolist()
    return {
        **base,
        # The hover traces lie at one height, so the closest point belongs to the closest step. Plotly's unified
        # label would add the nearest point of every trace.
        "hoverdistance": -1,
        **_findings(curve, theme),
        # Zooming out shows the whole job at once, although only the points in view were sent.
        "xaxis": {**base["xaxis"], "autorangeoptions": {"include": extent}},
        "yaxis": {
            **base["yaxis"],
            **_loss_axis(curve),
            "showticklabels": has_points,
            "rangemode": "normal" if has_points else "tozero",
        },
        # An axis in percent of the height.
        "yaxis2": {"overlaying": "y", "range": [0, 100], "fixedrange": True, "visible": False},
    }


def _loss_axis(curve: LossCurve) -> dict[str, Any]:
    options, ends = curve.options, curve.loss_range
    axis: dict[str, Any] = {
        "type": "log" if options.log_loss else "linear",
        "uirevision": f"{options.log_loss} {options.clip}",
        **({"tickformat": "~g"} if options.log_loss else {}),
    }
    if ends is None or (options.log_loss and ends[0] <= 0):
        return axis
    low, high = np.log10(ends).tolist() if options.log_loss else ends
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    return {**axis, "range": [low - room, high + room], "autorange": False}


def _findings(curve: LossCurve, theme: ChartTheme) -> dict[str, Any]:
    """A vertical line with a label at the step of each finding."""
    lines: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for finding in curve.landmarks.findings:
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
