"""What a viewer sees of a chart: the range of its x axis, and its width."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from arkor_dash.charts.curve import View
from arkor_dash.protocol.fields import to_number
from arkor_dash.ui import session

DEFAULT_WIDTH_PX = 900
MAX_WIDTH_PX = 8_000


@dataclass(frozen=True, slots=True)
class Zoom:
    """Where the page's address holds the range: in the parameter, for an x axis with that title."""

    parameter: str
    axis: str


def view_of(key: str, zoom: Zoom) -> View:
    """The view of the chart with that element key: what the browser reports, or at first what the address holds."""
    reported = session.chart_view(key)
    if reported is None:
        return View(read_zoom(st.query_params.get(zoom.parameter, ""), zoom.axis), DEFAULT_WIDTH_PX)
    return reported_view(reported)


def read_zoom(text: str, axis: str) -> tuple[float, float] | None:
    """The range of the x axis in the value of the parameter, which `js/chart_zoom.js` writes; None if it has none."""
    title, *entries = text.split("_")
    if title != axis:
        return None
    for at in range(0, len(entries), 3):
        with suppress(ValueError):
            name, low, high = entries[at], *map(float, entries[at + 1 : at + 3])
            if name == "x" and -math.inf < low < high < math.inf:
                return low, high
    return None


def reported_view(reported: object) -> View:
    """The range in view as the browser reports it; the whole run if the report is missing or malformed."""
    match reported:
        case {"x": [low, high], "width": int(width)}:
            return View(_range(low, high), min(width, MAX_WIDTH_PX))
        case {"width": int(width)}:
            return View(None, min(width, MAX_WIDTH_PX))
    return View(None, DEFAULT_WIDTH_PX)


def _range(low: object, high: object) -> tuple[float, float] | None:
    ends = to_number(low), to_number(high)
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])
