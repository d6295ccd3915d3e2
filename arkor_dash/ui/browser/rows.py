"""A list that gets longer, such as the event log."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from arkor_dash.live.parts import Part

from .component import register
from .live_parts import LiveParts
from .row_cursor import NumberedRows, RowCursor

HTML = """
<div class="arkor-rows" role="log" aria-live="off" tabindex="0">
  <p class="arkor-rows-empty"></p>
</div>
"""
SCRIPTS = ("live", "output_row")
"""The scripts that come before that of the rows."""
_rows = register("rows", HTML, *SCRIPTS)


def show_rows(
    parts: LiveParts[Any],
    view: Hashable,
    read: Callable[[], NumberedRows],
    cursor: RowCursor,
    *,
    key: str,
    kind: str,
    label: str,
    placeholder: str,
    limit: int,
) -> None:
    """Show a list that gets longer.

    Args:
        view: the list, for the part's view. read: the list as it is now. cursor: the viewer's own.
        kind: `events` (rows are Unix milliseconds or None, event name, message) or `output` (`output_row`).
        label: the list's name for screen readers, one for each list. limit: how many rows the browser keeps.
    """
    part = Part((view, cursor.restarts), lambda after: read().after(after))
    now = read()
    parts.add(key, part, now.cursor)
    data = {
        "part": key,
        "view": part.view_id,
        "list_id": cursor.list_id,
        "kind": kind,
        "label": label,
        "placeholder": placeholder,
        "limit": limit,
    }
    _rows(key=key, data={**data, **cursor.next_update(now)}, on_resend_change=cursor.restart)
