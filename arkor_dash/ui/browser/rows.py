"""A list that gets longer, such as the event log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .component import register

HTML = """
<div class="arkor-rows" role="log" aria-live="off" tabindex="0">
  <ol></ol><p class="arkor-rows-empty"></p>
</div>
"""
_rows = register("rows", HTML)


@dataclass(frozen=True, slots=True)
class RowsUpdate:
    """Rows for the browser's copy of a list. Rows have consecutive numbers; the list sets the first one.

    `rows` begin with the row number `start`. `head` is the number of the oldest row that the list still has, and
    `total` the number after its newest. A new `generation` makes the browser drop its copy. A new `list_id` names
    another list: nothing is kept of the last one, not even its scroll position.
    """

    list_id: str
    generation: str
    head: int
    start: int
    total: int
    rows: Sequence[str] | Sequence[tuple[float | None, str, str]]


def show_rows(
    update: RowsUpdate,
    *,
    key: str,
    kind: str,
    label: str,
    placeholder: str,
    limit: int,
    height_px: int,
    on_gap: Callable[[], None],
) -> None:
    """Show a list that gets longer.

    Args:
        kind: `events` (rows are Unix milliseconds or None, event name, message) or `output` (rows are lines).
        label: the list's name for screen readers, one for each list. limit: how many rows the browser keeps.
        on_gap: called before the page runs again, when the browser has missed rows.
    """
    _rows(
        key=key,
        data={
            "list_id": update.list_id,
            "generation": update.generation,
            "head": update.head,
            "start": update.start,
            "total": update.total,
            "rows": update.rows,
            "kind": kind,
            "label": label,
            "placeholder": placeholder,
            "limit": limit,
            "height": height_px,
        },
        on_resend_change=on_gap,
    )
