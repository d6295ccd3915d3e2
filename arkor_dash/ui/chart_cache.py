"""The charts that viewers have open, so that none is computed more often than needed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar
from weakref import WeakValueDictionary

from .browser.chart_cursor import Growing

C = TypeVar("C", bound=Growing)
_open: WeakValueDictionary[Hashable, Growing] = WeakValueDictionary()
_open_lock = Lock()


def growing_chart(key: Hashable, make: Callable[[], C]) -> C:
    """The chart with that key, which all viewers share for as long as one of them has it open."""
    with _open_lock:
        chart: C = _open.get(key) or make()  # type: ignore[assignment]
        _open[key] = chart
    return chart
