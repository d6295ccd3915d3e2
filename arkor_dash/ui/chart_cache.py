"""The charts that viewers have open, so that none is computed more often than needed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from arkor_dash.charts.growing_chart import GrowingChart

from .session import ViewerValue


@dataclass(frozen=True, slots=True)
class ChartCache:
    """A chart, and the `key` of the data and options that it shows."""

    key: object
    figure: dict[str, Any]
    alt: str


_kept: ViewerValue[ChartCache | None] = ViewerValue("chart", None)
_open: WeakValueDictionary[Hashable, GrowingChart] = WeakValueDictionary()
_open_lock = Lock()


def keep_chart(chart: ChartCache) -> None:
    _kept.set(chart)


def kept_chart() -> ChartCache | None:
    """The comparison that was drawn last for this viewer."""
    return _kept.get()


def growing_chart(key: Hashable, make: Callable[[], GrowingChart]) -> GrowingChart:
    """The chart with that key, which all viewers share for as long as one of them has it open."""
    with _open_lock:
        chart = _open.get(key) or make()
        _open[key] = chart
    return chart
