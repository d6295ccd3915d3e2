"""The table of jobs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from arkor_dash.live.parts import VALUE_REST_S, Part, value_part
from arkor_dash.protocol.fields import read_text
from arkor_dash.ui import session

from .chart import PLOTLY_JS
from .component import ignore, register
from .live_parts import LiveParts

Cell = str | tuple[str, tuple[int, ...]]
"""A text, or a curve in words and the heights of its points, in percent."""
Row = tuple[str, str, str, str | None, tuple[Cell, ...], str]
"""The id, name, text of the status, ISO time of creation and cells of further columns of a job; and why it needs a
look, or ""."""

LONG_REST_S = 1.0

_HTML = """
<div class="arkor-table-box"><table class="arkor-table" role="table">
  <thead><tr role="row"></tr></thead><tbody></tbody>
</table></div>
"""
_table = register("table", _HTML, "live", "plotly", "address", "table_cells", "svg", "job_cells")


@dataclass(frozen=True, slots=True)
class Head:
    """The columns after the first four, as (id, label). `sort`: the sorted column's id, see `ListLayout`.

    `sort` is None for a table that can't be sorted. `by_room`: columns that don't fit on the page are left out.
    Otherwise the table is scrolled.
    """

    columns: Sequence[tuple[str, str]] = ()
    sort: str | None = None
    by_room: bool = False


def jobs_part(view: Hashable, rows: Callable[[], tuple[Row, ...]], *, is_long: bool) -> Part:
    """The part that shows these jobs. A list that is long is sent less often, since all of its rows are."""
    rest_s = LONG_REST_S if is_long else VALUE_REST_S
    return value_part(view, rows, lambda shown: {"jobs": shown}, rest_s=rest_s)


def show_jobs_table(
    parts: LiveParts[Any],
    part: Part,
    *,
    key: str,
    label: str,
    head: Head,
    on_open: Callable[[str], None],
    on_sort: Callable[[str], None],
    chosen: Sequence[str] | None = None,
    on_choice: Callable[[list[str]], None] = lambda _: None,
    editable: bool = False,
) -> str | None:
    """Show the jobs of a part.

    When idle, the browser also loads plotly.js, for the chart of the job that is opened next.

    Args:
        on_open, on_sort: called with the id of the row or the column that was clicked, before the page runs again.
        chosen: the ids of the ticked rows. None: rows have no tick box.
        on_choice: the same for the ids of the ticked rows, when they change.
        editable: each row has a button to edit its job.
    Returns: the id of the job whose button was just clicked.
    """

    def clicked(name: str, then: Callable[[str], None]) -> None:
        clicked_id = read_text(session.reported(key).get(name))
        if clicked_id:
            then(clicked_id)

    data = {
        **parts.draw(key, part),
        "label": label,
        "columns": head.columns,
        "sort": head.sort,
        "by_room": head.by_room,
        "chosen": chosen,
        "editable": editable,
        "library": PLOTLY_JS,
    }
    reported = _table(
        key=key,
        data=data,
        on_open_change=lambda: clicked("open", on_open),
        on_edit_change=ignore,
        on_sort_change=lambda: clicked("sort", on_sort),
        on_chosen_change=lambda: on_choice(session.reported_texts(key, "chosen")),
    )
    return read_text(reported.edit) or None
