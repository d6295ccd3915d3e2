"""The table of compared runs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from arkor_dash.charts.setting_scatter import setting_number
from arkor_dash.charts.traces import LARGEST_DRAWABLE
from arkor_dash.live.parts import Data, Part, value_part
from arkor_dash.protocol.fields import replace_surrogates, shortened

from .component import ignore, register
from .live_parts import LiveParts

Key = str | float | None
"""What a cell is sorted by. Cells with None come last."""
ShownColumn = tuple[str, bool, tuple[tuple[str | None, Key], ...]]
"""A label, whether its cells are numbers, and the text and the key of each cell.

Without a text, the key is a time in Unix milliseconds, and the cell shows how long that has been. The first column is
the names of the runs, the second one their statuses.
"""
KEY_LIMIT = 200

_HTML = """
<div class="arkor-run-box"><table class="arkor-table arkor-run-table" role="table">
  <thead><tr role="row"></tr></thead><tbody></tbody>
</table></div>
"""
_table = register("run_table", _HTML, "live", "table_cells", "counting")


def run_table_part(view: Hashable, columns: Callable[[], tuple[ShownColumn, ...]]) -> Part:
    """The part that shows these columns."""
    return value_part(view, columns, _data)


def show_run_table(
    parts: LiveParts[Any],
    part: Part,
    *,
    key: str,
    label: str,
    job_ids: Sequence[str],
    unchanging: Sequence[ShownColumn],
) -> int | None:
    """Show the columns of a part, and behind them the `unchanging` ones. A row for each of the jobs.

    Returns: the number of the row whose link was just clicked.
    """
    data = {
        **parts.draw(key, part),
        "label": label,
        "job_ids": [replace_surrogates(job_id) for job_id in job_ids],
        "unchanging": unchanging,
    }
    opened = _table(key=key, data=data, on_open_change=ignore).open
    return opened if isinstance(opened, int) else None


def text_key(value: str | float | None) -> Key:
    """The key of a text, whatever it says."""
    return None if value is None else shortened(str(value), KEY_LIMIT)


def sort_key(value: str | float | None) -> Key:
    """The key of a value. Numbers, also those in a text, come before other texts; NaN counts as no value."""
    number = setting_number(value) if isinstance(value, str) else value
    if number is None:
        return text_key(value)
    if math.isnan(number):
        return None
    return max(-LARGEST_DRAWABLE, min(LARGEST_DRAWABLE, number))  # JSON has no infinity


def _data(columns: Sequence[ShownColumn]) -> Data:
    now_ms = time.time() * 1000
    return {
        "columns": [
            (label, is_number, [_counted(*cell, now_ms) for cell in cells])
            for label, is_number, cells in columns
        ]
    }


def _counted(text: str | None, key: Key, now_ms: float) -> tuple[str | None, Key]:
    """The cell with the seconds that the browser counts from: its clock may differ from this machine's."""
    if text is not None or not isinstance(key, int | float):
        return text, key
    return None, max(0.0, now_ms - key) / 1000
