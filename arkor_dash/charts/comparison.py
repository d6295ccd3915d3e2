"""The charts of several jobs compared: one chart below the other, a metric each, over a common x axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from arkor_dash.metrics.series import Series
from arkor_dash.metrics.smoothing import smoothed
from arkor_dash.metrics.value_format import needs_exponent
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.metric_names import is_eval_loss

from .compared_runs import TITLE_LIMIT, Chart, Run
from .curve import MIN_WIDTH_PX, View, steps_in_view
from .downsampling import downsample
from .layout import base_layout, constant_axis, reaching
from .theme import RUN_COLOURS, ChartTheme
from .traces import extent_traces, in_template, line_trace, plain
from .x_axis import BY_STEP, XAxis

MIN_JOBS, MAX_JOBS = 2, len(RUN_COLOURS)
MAX_CHARTS = 8
POINTS = 20_000
"""About the most points of all lines together. The more lines there are, the coarser they are drawn."""
NAME_LIMIT = 40
_FIRST_PX, _FURTHER_PX, _GAP_PX, _LEGEND_PX = 260, 208, 36, 22
"""Heights for which the charts are laid out: of the plot of one chart, of each further one with the gap above it."""


class ComparedLine(NamedTuple):
    """A line of one of the charts, which is in that `row`."""

    row: int
    run: Run
    colour: str
    name: str
    series: Series


def comparison_figure(
    runs: Sequence[Run], charts: Sequence[Chart], smoothing: float, view: View, theme: ChartTheme
) -> dict[str, Any]:
    """The figure as a dictionary of `data` and `layout`: a colour and one entry in the legend for each run.

    Losses of evaluations are dashed and not smoothed, all other lines are solid. All charts share the x axis.
    """
    lines = compared_lines(runs, charts)
    others, included = extent_of_axis(lines)
    traces = line_traces(lines, smoothing, view)
    layout = reaching(comparison_layout(lines, charts, theme), included)
    return {"data": [*traces, *others], "layout": layout}


def line_traces(lines: Sequence[ComparedLine], smoothing: float, view: View) -> list[dict[str, Any]]:
    """The traces of the lines, thinned to the view. Each has a `uid` of its own. Their order is that of these ids."""
    long = sum(len(line.series) > 2 * MIN_WIDTH_PX for line in lines)
    width = max(MIN_WIDTH_PX, min(view.width_px, POINTS // (2 * max(long, 1))))
    traces, named = [], set()
    for number, line in enumerate(lines):
        trace = _trace(line, smoothing, View(view.x_range, width))
        style = {"uid": line_uid(number), "showlegend": line.run.id not in named, "legendgroup": line.run.id}
        traces.append({**trace, **style})
        named.add(line.run.id)
    return traces


def line_uid(number: int) -> str:
    """The `uid` of the trace of the line with that number."""
    return f"line-{number:03}"


def compared_lines(runs: Sequence[Run], charts: Sequence[Chart]) -> list[ComparedLine]:
    """The lines that the charts draw, chart by chart."""
    return list(_lines(runs, charts))


def _lines(runs: Sequence[Run], charts: Sequence[Chart]) -> Iterator[ComparedLine]:
    for row, chart in enumerate(charts):
        for run, colour in zip(runs, RUN_COLOURS, strict=False):
            for name in chart.metrics if run.axis else ():
                if series := run.metrics.finite(name):
                    yield ComparedLine(row, run, colour, name, series)


def shown_series(line: ComparedLine, smoothing: float) -> Series:
    """All points of the line, smoothed if it is not a loss of an evaluation."""
    if not smoothing or is_eval_loss(line.name):
        return line.series
    return Series(line.series.steps, smoothed(line.series.values, smoothing))


def _trace(line: ComparedLine, smoothing: float, view: View) -> dict[str, Any]:
    axis, series, is_eval = line.run.axis or BY_STEP, shown_series(line, smoothing), is_eval_loss(line.name)
    low, high = steps_in_view(view, axis) or (float(series.steps[0]), float(series.steps[-1]))
    points = downsample(series, low, high, view.width_px).points
    place = "%{x|%H:%M:%S}" if axis.is_time else "%{x:.6~g}"
    # All points of a trace share one format: significant digits if any point needs them.
    digits = value_format(points)
    metric = in_template(shortened(line.name, TITLE_LIMIT))
    return line_trace(
        plain(shortened(line.run.name, NAME_LIMIT)),
        axis,
        points,
        yaxis=_axis("y", line.row),
        mode="lines+markers" if is_eval or len(points) == 1 else "lines",
        line={"color": line.colour, "width": 1.75, "dash": "dash" if is_eval else "solid"},
        marker={"color": line.colour, "size": 5},
        hoverinfo="text",
        hovertemplate=f"%{{fullData.name}}<br>{axis.title} {place}<br>{metric} %{{y:{digits}}}<extra></extra>",
    )


def value_format(points: Series) -> str:
    """The format of the values in the hover labels of a line."""
    return ".6~g" if needs_exponent(points.values).any() else ".4f"


def comparison_layout(
    lines: Sequence[ComparedLine], charts: Sequence[Chart], theme: ChartTheme
) -> dict[str, Any]:
    """The layout of the figure, without the extent of the x axis, which changes with each point."""
    base = base_layout(theme, common_axis(lines))
    height = _FIRST_PX + _FURTHER_PX * (len(charts) - 1)
    share = (height + _GAP_PX) / height / max(len(charts), 1)
    y_axes, titles = {}, []
    for row, chart in enumerate(charts):
        top = 1 - row * share
        values = [line.series.values for line in lines if line.row == row]
        y_axes[_axis("yaxis", row)] = {
            **base["yaxis"],
            **_constant(values),
            "title": {},
            "uirevision": chart.title,
            "domain": [max(0.0, top - share + _GAP_PX / height), top],
        }
        at = {"xref": "paper", "yref": "paper", "x": 0, "y": top, "xanchor": "left", "yanchor": "bottom"}
        titles.append({**at, "showarrow": False, "text": plain(chart.title), "font": {"size": 12}})
    return {
        **base,
        **y_axes,
        "annotations": titles,
        "margin": {**base["margin"], "t": 56},
        "legend": {**base["legend"], "y": 1 + _LEGEND_PX / height},
        "hoverdistance": 30,
        "xaxis": {
            **base["xaxis"],
            "anchor": _axis("y", len(charts) - 1),
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "hovered data",
            "spikethickness": 1,
            "spikedash": "dot",
            "spikecolor": theme.quiet,
        },
    }


def _constant(values: Sequence[Any]) -> dict[str, Any]:
    return constant_axis(np.concatenate([[each.min(), each.max()] for each in values])) if values else {}


def common_axis(lines: Sequence[ComparedLine]) -> XAxis:
    """An x axis of the lines: they have one kind and unit."""
    return next((line.run.axis for line in lines if line.run.axis), BY_STEP)


def extent_of_axis(lines: Sequence[ComparedLine]) -> tuple[list[dict[str, Any]], list[float]]:
    """What makes the x axis show the first and the last point of all lines: a trace, or positions for the layout."""
    axis, ends = common_axis(lines), _extent_positions(lines)
    return extent_traces(axis, ends), [] if axis.is_time else ends


def _extent_positions(lines: Sequence[ComparedLine]) -> list[float]:
    ends = [(line.run.axis or BY_STEP).positions_at(line.series.steps[[0, -1]]) for line in lines]
    return [float(np.min(ends)), float(np.max(ends))] if ends else []


def _axis(name: str, row: int) -> str:
    """Plotly's name of the axis of that row: `y`, `y2`, …"""
    return name if row <= 0 else f"{name}{row + 1}"
