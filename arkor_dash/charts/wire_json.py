"""A Plotly figure as the browser takes it, without what Plotly's own classes would check and copy on the way."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np


def wire_json(figure: Mapping[str, Any]) -> dict[str, Any]:
    """The figure as JSON values: arrays in the base64 form that plotly.js reads from 2.35 on.

    A `go.Figure` gives the same, in ten times the time: too much for each viewer's every tick.
    Args: figure: `data` and `layout`; its arrays hold numbers of at most 32 bits, or float64.
    """
    sent: dict[str, Any] = _sent(figure)
    return sent


def _sent(value: Any) -> Any:
    match value:
        case np.ndarray():
            return _typed_array(value)
        case Mapping():
            return {key: _sent(each) for key, each in value.items()}
        case list() | tuple():
            return [_sent(each) for each in value]
        case _:
            return value


def _typed_array(array: np.ndarray[Any, Any]) -> dict[str, str]:
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    typed = {
        "dtype": f"{array.dtype.kind}{array.dtype.itemsize}",
        "bdata": b64encode(little.tobytes()).decode("ascii"),
    }
    return typed if array.ndim == 1 else {**typed, "shape": ", ".join(map(str, array.shape))}
