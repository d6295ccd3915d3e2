"""The charts that viewers have open, so that none is computed more often than needed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from weakref import WeakValueDictionary

from arkor_dash.charts.growing_chart import GrowingChart

_open: WeakValueDictionary[Hashable, GrowingChart] = WeakValueDictionary()
_open_lock = Lock()


def growing_chart(key: Hashable, make: Callable[[], GrowingChart]) -> GrowingChart:
    """The chart with that key, which all viewers share for as long as one of them has it open."""
    with _open_lock:
        chart = _open.get(key) or make()
        _open[key] = chart
    return chart
