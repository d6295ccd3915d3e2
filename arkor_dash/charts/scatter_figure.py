"""The scatter of a setting and a result as a Plotly figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from arkor_dash.metrics.value_format import format_value
from arkor_dash.protocol.fields import shortened

from .compared_runs import NAME_LIMIT, TITLE_LIMIT
from .layout import NUMBER_TICKS, base_layout, constant_axis
from .setting_scatter import Point, Scatter
from .theme import RUN_COLOURS, ChartTheme
from .traces import LARGEST_DRAWABLE, in_template, plain
from .x_axis import BY_STEP

CATEGORY_LIMIT = 24
DECADE = 10.0
"""A log axis is drawn for positive values of which the largest is at least this many times the smallest."""


def scatter_figure(scatter: Scatter, theme: ChartTheme) -> dict[str, Any]:
    """The figure as a dictionary of `data` and `layout`. The custom data of a point is the number of its run."""
    colours = list(RUN_COLOURS)
    base = base_layout(theme, BY_STEP)
    places, x_axis = _places(scatter)
    values = [max(-LARGEST_DRAWABLE, min(LARGEST_DRAWABLE, point.value)) for point in scatter.points]
    traces = []
    for point, x, y in zip(scatter.points, places, values, strict=True):
        is_best = point is scatter.best
        marker: dict[str, Any] = {"size": 15 if is_best else 10, "symbol": "star" if is_best else "circle"}
        marker["color"] = colours[point.number]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": plain(shortened(point.name, NAME_LIMIT)),
                "x": [x],
                "y": [y],
                "customdata": [point.number],
                "marker": marker,
                "hoverinfo": "text",
                "hovertemplate": f"{'<br>'.join(map(in_template, _label(scatter, point)))}<extra></extra>",
            }
        )
    title = {"font": {"size": 12}}
    result_name = f"{scatter.kind.lower()} {shortened(scatter.metric, NAME_LIMIT)}"
    return {
        "data": traces,
        "layout": {
            **base,
            "dragmode": False,
            "showlegend": False,
            "margin": {**base["margin"], "t": 12},
            "xaxis": {
                **base["xaxis"],
                **x_axis,
                "title": {**title, "text": plain(shortened(scatter.setting, TITLE_LIMIT))},
                "fixedrange": True,
            },
            "yaxis": {
                **base["yaxis"],
                **_number_axis(values),
                "title": {**title, "text": plain(result_name)},
                "fixedrange": True,
            },
        },
    }


def scatter_alt(scatter: Scatter) -> str:
    """The alternative text of the scatter, for screen readers: its points."""
    points = [f"{point.name}: {point.setting}, {format_value(point.value)}" for point in scatter.points]
    return f"{scatter.kind} {scatter.metric} by {scatter.setting}. {'; '.join(points) or 'No run has both'}."


def _places(scatter: Scatter) -> tuple[list[float], dict[str, Any]]:
    """The position of each point on the x axis, and the axis."""
    if (numbers := scatter.numbers) is not None:
        return numbers, _number_axis(numbers)
    # Positions of our own: as categories of Plotly, texts that are equal once they are shortened would be one.
    texts = sorted({point.setting for point in scatter.points})
    axis = {
        "tickvals": list(range(len(texts))),
        "ticktext": [plain(shortened(text, CATEGORY_LIMIT)) for text in texts],
        "range": [-0.5, len(texts) - 0.5],
    }
    return [float(texts.index(point.setting)) for point in scatter.points], axis


def _number_axis(values: Sequence[float]) -> dict[str, Any]:
    if values and min(values) > 0 and max(values) / DECADE >= min(values):
        ticks = _log_ticks(min(values), max(values))
        return {"type": "log", "tickvals": ticks, "ticktext": [_short(tick) for tick in ticks]}
    return {"tickformat": NUMBER_TICKS, **constant_axis(np.array(values, dtype=np.float64))}


def _log_ticks(low: float, high: float) -> list[float]:
    """A few round numbers: Plotly labels each 2, 3, 4, … of a log axis, with texts that overlap."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = range(first, last + 1, max(1, (last - first) // 6))
    digits = (1, 2, 5) if last - first <= 1 else (1, 3) if last - first <= 4 else (1,)
    return [float(f"{digit}e{decade}") for decade in decades for digit in digits]


def _short(value: float) -> str:
    """`3e-5`, or `0.01` for values in [0.001, 100000)."""
    if 1e-3 <= value < 1e5:
        return f"{value:,g}"
    mantissa, exponent = f"{value:e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def _label(scatter: Scatter, point: Point) -> list[str]:
    return [
        shortened(point.name, NAME_LIMIT),
        f"{shortened(scatter.setting, TITLE_LIMIT)} {shortened(point.setting, TITLE_LIMIT)}",
        f"{scatter.kind.lower()} {shortened(scatter.metric, TITLE_LIMIT)} {format_value(point.value)}",
    ]
