"""Plotly traces, with their numbers in the smallest types that don't change the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arkor_dash.metrics.series import FloatArray, Series

from .x_axis import XAxis

LARGEST_DRAWABLE = 1e300
"""A larger number makes plotly.js overflow, and it then does not draw the line at all."""


def plain(text: str) -> str:
    """The text as Plotly shows it unchanged: it interprets some HTML tags and entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def in_template(text: str) -> str:
    """The text as a hover template shows it unchanged: `%{…}` would be a variable."""
    return plain(text).replace("%", "&#37;")


def line_trace(name: str, axis: XAxis, points: Series, **style: Any) -> dict[str, Any]:
    """A trace through at least one point. `style` holds further fields of the trace."""
    values = np.clip(points.values, -LARGEST_DRAWABLE, LARGEST_DRAWABLE)
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    # An error of a hundred-thousandth of the range moves a point by no more than a hundredth of a pixel.
    is_close = np.abs(short - values).max() <= np.ptp(values) * 1e-5
    return _trace(name, axis, points.steps, short if is_close else values, **style)


def flat_trace(name: str, axis: XAxis, steps: FloatArray, height: int, **style: Any) -> dict[str, Any]:
    """A trace with a point at each step, all at one height from 0 to 127."""
    return _trace(name, axis, steps, np.full(len(steps), height, dtype=np.int8), **style)


def extent_traces(axis: XAxis, positions: Sequence[float]) -> list[dict[str, Any]]:
    """An invisible trace that makes an axis of times reach to all positions; none for any other axis.

    There, plotly.js reads `autorangeoptions` as other times than those of points, unless the browser is in UTC.
    """
    if not (axis.is_time and positions):
        return []
    ends = {"x": [min(positions), max(positions)], "y": [None, None]}
    return [{"type": "scatter", "mode": "none", **ends, "hoverinfo": "skip", "showlegend": False}]


def _trace(name: str, axis: XAxis, steps: FloatArray, y: npt.NDArray[Any], **style: Any) -> dict[str, Any]:
    style = {"hoverinfo": "skip", **style}
    positions = axis.positions_at(steps)
    whole = bool(np.all((np.abs(positions) < 2**31) & (positions == np.floor(positions))))
    x = positions.astype(np.int32) if whole else np.clip(positions, -LARGEST_DRAWABLE, LARGEST_DRAWABLE)
    return {"type": "scatter", "name": name, "x": x, "y": y, **style}
