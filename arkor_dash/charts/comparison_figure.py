"""The figure of a comparison: one chart below the other, a metric each, over a common x axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from arkor_dash.metrics.series import FloatArray
from arkor_dash.protocol.fields import shortened

from .compared_runs import NAME_LIMIT
from .comparison import ComparedCurve, Comparison
from .comparison_hover import label_traces, selectable
from .curve_figure import drawn_values, extent_positions, point_traces, star_traces
from .layout import base_layout, reaching
from .theme import ChartTheme
from .traces import extent_traces, plain
from .x_axis import BY_STEP, XAxis
from .y_axis import YLimits, overlay_axis, y_axis

_FIRST_PX, _FURTHER_PX, _GAP_PX, _LEGEND_PX = 260, 208, 36, 22
"""Heights for which the charts are laid out: of the plot of one chart, of each further one with the gap above it."""


def comparison_figure(compared: Comparison, theme: ChartTheme, width_px: int) -> dict[str, Any]:
    """The figure as a dictionary of `data` and `layout`: a colour and one entry in the legend for each run.

    Losses of evaluations are dashed and not smoothed, all other lines are solid. All charts share the x axis.
    """
    labels = [
        trace
        for row in range(len(compared.charts))
        for trace in row_labels(compared, row, selectable(compared, row, width_px))
    ]
    others, extent = surrounding_traces(compared, theme)
    positions = [] if common_axis(compared).is_time else extent
    layout = reaching(comparison_layout(compared, compared.limits(), theme), positions)
    return {"data": [*legend_traces(compared), *labels, *others], "layout": layout}


def row_labels(compared: Comparison, row: int, positions: FloatArray) -> list[dict[str, Any]]:
    """The traces of the labels of that row at these positions."""
    return label_traces(compared, row, positions, overlay_name(row, len(compared.charts)))


def legend_traces(compared: Comparison) -> list[dict[str, Any]]:
    """The traces of all points, the first of each run with an entry in the legend."""
    named: set[str] = set()
    traces = []
    for trace in compared_traces(compared.curves, len(compared.charts)):
        # The entry in the legend is not that of the faint line behind a smoothed one.
        is_named = "opacity" not in trace and trace["legendgroup"] not in named
        if is_named:
            named.add(trace["legendgroup"])
        traces.append({**trace, "showlegend": is_named})
    return traces


def compared_traces(curves: Sequence[ComparedCurve], rows: int) -> Iterator[dict[str, Any]]:
    """The traces of the points. Each has a `uid` of its own. Their order is that of these ids."""
    for each in curves:
        part, curve = each.part, each.curve
        overlay = overlay_name(part.row, rows)
        for trace in point_traces(curve, [part.colour] * len(curve.lines), overlay, part.colour):
            uid = f"1-{part.row:02}-{part.number:02}-{trace['uid']}"
            name = plain(shortened(part.run.name, NAME_LIMIT))
            common = {"uid": uid, "name": name, "legendgroup": part.run.id, "showlegend": False}
            yield {"yaxis": axis_name("y", part.row), **trace, **common}


def surrounding_traces(compared: Comparison, theme: ChartTheme) -> tuple[list[dict[str, Any]], list[float]]:
    """The traces that are drawn above the growing ones: the best points, and an invisible one for an axis of times.

    Returns the positions that the x axis shows at least, too.
    """
    stars = [
        {**star, "yaxis": axis_name("y", each.part.row), "legendgroup": each.part.run.id}
        for each in compared.curves
        for star in star_traces(each.curve, [each.part.colour] * len(each.curve.lines), theme)
    ]
    positions = [end for each in compared.curves for end in extent_positions(each.curve)]
    extent = [min(positions), max(positions)] if positions else []
    return [*stars, *extent_traces(common_axis(compared), extent)], extent


def comparison_layout(compared: Comparison, limits: Sequence[YLimits], theme: ChartTheme) -> dict[str, Any]:
    """The layout of the figure, without the extent of the x axis, which changes with each point."""
    base, rows = base_layout(theme, common_axis(compared)), len(compared.charts)
    height = _FIRST_PX + _FURTHER_PX * (rows - 1)
    share = (height + _GAP_PX) / height / max(rows, 1)
    y_axes, titles = {}, []
    for row, chart in enumerate(compared.charts):
        top = 1 - row * share
        options = compared.options
        values = np.concatenate([*(drawn_values(each.curve) for each in compared.row(row)), np.empty(0)])
        axis = y_axis(values, limits[row], log_y=options.log_y, clip=options.clip)
        y_axes[axis_name("yaxis", row)] = {
            **base["yaxis"],
            **axis,
            "title": {},
            "uirevision": f"{chart.title} {axis['uirevision']}",
            "domain": [max(0.0, top - share + _GAP_PX / height), top],
        }
        y_axes[overlay_name(row, rows, "yaxis")] = overlay_axis(axis_name("y", row))
        at = {"xref": "paper", "yref": "paper", "x": 0, "y": top, "xanchor": "left", "yanchor": "bottom"}
        titles.append({**at, "showarrow": False, "text": plain(chart.title), "font": {"size": 12}})
    return {
        **base,
        **y_axes,
        "annotations": titles,
        "margin": {**base["margin"], "t": 56},
        "legend": {**base["legend"], "y": 1 + _LEGEND_PX / height},
        "hoverdistance": -1,  # as in the chart of a job
        "xaxis": {
            **base["xaxis"],
            "anchor": axis_name("y", rows - 1),
        },
    }


def common_axis(compared: Comparison) -> XAxis:
    """An x axis of the runs: they have one kind and unit."""
    return next((each.curve.options.axis for each in compared.curves), BY_STEP)


def axis_name(letter: str, row: int) -> str:
    """Plotly's name of the axis of that row: `y`, `y2`, …"""
    return letter if row <= 0 else f"{letter}{row + 1}"


def overlay_name(row: int, rows: int, letter: str = "y") -> str:
    """Plotly's name of the row's axis in percent of the height. These follow the other axes."""
    return axis_name(letter, rows + row)
