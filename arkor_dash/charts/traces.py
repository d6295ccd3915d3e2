"""Plotly traces of what lies along a curve's axis, as small as plotly.js takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from arkor_dash.metrics.losses import FloatArray, Series

from .x_axis import XAxis

DRAWABLE = 1e300


def line(name: str, axis: XAxis, points: Series, **style: Any) -> dict[str, Any]:
    # Plotly draws nothing at all of a line that leaves what its own arithmetic can hold.
    values = np.clip(points.values, -DRAWABLE, DRAWABLE)
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    # A hundred-thousandth of the range is no more than a hundredth of a pixel.
    close = np.abs(short - values).max() <= np.ptp(values) * 1e-5
    return _trace(name, axis, points.steps, short if close else values, **style)


def level(name: str, axis: XAxis, steps: FloatArray, height: int, **style: Any) -> dict[str, Any]:
    return _trace(name, axis, steps, np.full(len(steps), height, dtype=np.int8), **style)


def _trace(name: str, axis: XAxis, steps: FloatArray, y: npt.NDArray[Any], **style: Any) -> dict[str, Any]:
    style = {"hoverinfo": "skip", **style}
    places = axis.of(steps)
    whole = bool(np.all((np.abs(places) < 2**31) & (places == np.floor(places))))
    x = places.astype(np.int32) if whole else np.clip(places, -DRAWABLE, DRAWABLE)
    return {"type": "scatter", "name": name, "x": x, "y": y, **style}
