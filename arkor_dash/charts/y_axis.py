"""The y axis of a chart: linear or logarithmic, clipped or not, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from arkor_dash.metrics.series import FloatArray

from .layout import NUMBER_TICKS, constant_axis
from .traces import LARGEST_DRAWABLE

CLIP_PERCENTILES = (1.0, 99.0)
MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class YLimits:
    """What a y axis leaves out of the values in view.

    `y_range` is the range of a clipped axis, and `clipped` counts the values outside it. `below_zero` counts the
    values that a log axis can't show.
    """

    y_range: tuple[float, float] | None = None
    clipped: int = 0
    below_zero: int = 0


ALL_SHOWN = YLimits()


def y_limits(values: FloatArray, *, log_y: bool, clip: bool) -> YLimits:
    """The limits of the axis of these values, shape (n,), which are finite."""
    below_zero = int((values <= 0).sum()) if log_y else 0
    if not (clip and len(values)):
        return YLimits(below_zero=below_zero)
    low, high = (float(value) for value in np.percentile(values, CLIP_PERCENTILES))
    outside = int(((values < low) | (values > high)).sum())
    return YLimits((low, high) if outside else None, outside, below_zero)


def y_axis(values: FloatArray, limits: YLimits, *, log_y: bool, clip: bool) -> dict[str, Any]:
    """The axis in Plotly's layout. Args: values: those that are drawn, shape (n,)."""
    ends = limits.y_range
    kind = {"type": "log" if log_y else "linear", "uirevision": f"{log_y} {clip}"}
    axis: dict[str, Any] = {**kind, **reading_ticks(log_y=log_y)}
    # Of numbers at the end of a float's range, NumPy's percentiles are infinite.
    if ends is None or ends[0] > ends[1] or (log_y and ends[0] <= 0):
        return axis if log_y else {**axis, **constant_axis(values)}
    drawable = np.clip(ends, -LARGEST_DRAWABLE, LARGEST_DRAWABLE)
    low, high = (np.log10(drawable) if log_y else drawable).tolist()
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    return {**axis, "range": [low - room, high + room], "autorange": False}


def reading_ticks(*, log_y: bool) -> dict[str, Any]:
    """The format of ticks that all have as many decimals as tell them apart: `1.5`, `2.0`, `2.5`.

    Ticks that are closer than `MOST_DECIMALS` can tell, and those of a log axis at 1, 2 and 5 times a power of ten,
    have no trailing zeros.
    """
    stops = [
        {"dtickrange": [_distance(f"{end}e-{places}", log_y) for end in (0.9, 9)], "value": f",.{places}f"}
        for places in range(1, MOST_DECIMALS + 1)
    ]
    return {"tickformat": NUMBER_TICKS, "tickformatstops": stops}


def _distance(number: str, log_y: bool) -> float | str:
    """The distance of two ticks, as plotly.js has it: `L0.5` on a log axis whose ticks have equal distances."""
    return f"L{number}" if log_y else float(number)


def overlay_axis(base: str) -> dict[str, Any]:
    """An axis in percent of the height, above the axis `base`."""
    return {"overlaying": base, "range": [0, 100], "fixedrange": True, "visible": False}
