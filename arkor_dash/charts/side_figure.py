"""The small charts below the loss chart: learning rate and speed of a run."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from arkor_dash.metrics.series import Series

from .downsampling import downsample
from .layout import NUMBER_TICKS, constant_axis, plain_layout
from .theme import ChartTheme
from .traces import line_trace
from .x_axis import XAxis

WIDTH_PX = 200


def side_figure(series: Series, axis: XAxis, theme: ChartTheme) -> go.Figure:
    """A line through the points, at least one, downsampled to two per pixel."""
    steps = series.steps
    points = downsample(series, float(steps[0]), float(steps[-1]), WIDTH_PX).points
    style = {"color": theme.text, "width": 1.25}
    mode = "lines" if len(points) > 1 else "markers"
    trace = line_trace("", axis, points, mode=mode, line=style, marker={"color": theme.text})
    trace["hoverinfo"] = "x+y"
    grid = {"gridcolor": theme.grid, "zeroline": False, "automargin": True, "tickfont": {"size": 11}}
    ends = [] if axis.is_time else axis.positions_at(np.array([steps[0], steps[-1]])).tolist()
    return go.Figure(
        {
            "data": [trace],
            "layout": {
                **plain_layout(theme, 12),
                "margin": {"l": 40, "r": 8, "t": 8, "b": 24},
                "showlegend": False,
                "hovermode": "closest",
                "hoverlabel": {
                    "bgcolor": theme.hover,
                    "bordercolor": theme.grid,
                    "font": {"color": theme.text},
                },
                "uirevision": axis.title,
                "xaxis": {
                    **grid,
                    "type": "date" if axis.is_time else "linear",
                    "autorangeoptions": {"include": ends},
                    "nticks": 4,
                    "fixedrange": True,
                },
                "yaxis": {**grid, "nticks": 4, "fixedrange": True, "tickformat": NUMBER_TICKS}
                | constant_axis(points.values),
            },
        }
    )
