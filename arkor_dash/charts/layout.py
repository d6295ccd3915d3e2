"""The Plotly layout that the charts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from arkor_dash.metrics.series import FloatArray
from arkor_dash.metrics.value_format import format_value

from .theme import ChartTheme
from .traces import LARGEST_DRAWABLE
from .x_axis import XAxis

NUMBER_TICKS = ",.9~g"
"""The format of ticks: up to nine digits, in groups of three, without trailing zeros.

By default, Plotly writes `40μ` and `2k`. The six digits of `~g` are the same at all ticks of a narrow range.
Source: github.com/d3/d3-format, "locale.format".
"""


def reaching(layout: dict[str, Any], positions: Sequence[float]) -> dict[str, Any]:
    """The layout with an x axis that begins at the first of these positions, in order, and shows all of them.

    So zooming out shows the whole at once, although only the points in view were sent.
    """
    if not positions:
        return layout
    options = {"include": list(positions), "clipmin": positions[0]}
    return {**layout, "xaxis": {**layout["xaxis"], "autorangeoptions": options}}


def base_layout(theme: ChartTheme, axis: XAxis) -> dict[str, Any]:
    """The layout of a chart of losses over `axis`, as Plotly takes it."""
    # With automargin, no label lies outside. Plotly would look for such labels, which takes a fifth of each drawing.
    labels = {"automargin": True, "ticklabeloverflow": "allow"}
    lines = {"gridcolor": theme.grid, "linecolor": theme.grid, "zeroline": False, **labels}
    return {
        **plain_layout(theme, 13),
        "margin": {"l": 52, "r": 12, "t": 32, "b": 40},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.05, "yanchor": "bottom"},
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": theme.hover,
            "bordercolor": theme.grid,
            "font": {"family": theme.font, "color": theme.text, "size": 12},
            "align": "left",
        },
        "modebar": {"bgcolor": theme.background, "color": theme.quiet, "activecolor": theme.text},
        "dragmode": "zoom",
        "uirevision": "loss",
        "xaxis": {
            **lines,
            "type": "date" if axis.is_time else "linear",
            "uirevision": axis.title,
            "title": {"text": axis.title, "font": {"size": 12}},
            **({} if axis.is_time else {"exponentformat": "none", "separatethousands": True}),
        },
        "yaxis": {**lines, "title": {"text": "loss", "font": {"size": 12}}},
    }


def constant_axis(values: FloatArray) -> dict[str, Any]:
    """The y axis of values, shape (n,), that are all equal: one tick, with the value. {} if they are not."""
    if not len(values) or values.min() != values.max():
        return {}
    value = float(np.clip(values[0], -LARGEST_DRAWABLE, LARGEST_DRAWABLE))
    room = abs(value) / 2 or 1.0
    return {
        "range": [value - room, value + room],
        "autorange": False,
        "tickvals": [value],
        "ticktext": [format_value(value)],
    }


def plain_layout(theme: ChartTheme, font_size: int) -> dict[str, Any]:
    """The font and the background of a chart, without Plotly's own template."""
    return {
        "template": {},
        "font": {"family": theme.font, "color": theme.text, "size": font_size},
        "paper_bgcolor": theme.background,
        "plot_bgcolor": theme.background,
    }
