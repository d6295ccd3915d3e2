"""The table of jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arkor_dash.protocol.fields import read_text
from arkor_dash.ui import session

from .chart import PLOTLY_JS
from .component import ignore, register

_HTML = """
<div class="arkor-table-box"><table class="arkor-table" role="table">
  <thead><tr role="row"></tr></thead><tbody></tbody>
</table></div>
"""
_table = register("table", _HTML, "plotly")


@dataclass(frozen=True, slots=True)
class Clicked:
    """What was just clicked: the ids of a job to open, of a job to edit, and of a column to sort by; else None."""

    opened: str | None
    edited: str | None
    sorted: str | None


@dataclass(frozen=True, slots=True)
class Head:
    """The columns after the first four, as (id, label). `sort`: the sorted column's id, see `ListLayout`.

    `sort` is None for a table that can't be sorted.
    """

    columns: Sequence[tuple[str, str]] = ()
    sort: str | None = None


def show_jobs_table(
    jobs: Sequence[tuple[str, str, str, str | None, Sequence[str]]],
    *,
    key: str,
    label: str,
    head: Head,
    chosen: Sequence[str] | None = None,
    on_choice: Callable[[list[str]], None] | None = None,
    editable: bool = False,
) -> Clicked:
    """Show jobs as (id, name, status, ISO time of creation, texts of further columns); returns what was clicked.

    When idle, the browser also loads plotly.js, for the chart of the job that is opened next.

    Args:
        chosen: the ids of the ticked rows. None: rows have no tick box.
        on_choice: called with the ids of the ticked rows when they change, before the page runs again.
        editable: each row has a button to edit its job.
    """

    def changed() -> None:
        if on_choice:
            on_choice(session.reported_texts(key, "chosen"))

    data = {
        "jobs": jobs,
        "label": label,
        "columns": head.columns,
        "sort": head.sort,
        "chosen": chosen,
        "editable": editable,
        "library": PLOTLY_JS,
    }
    reported = _table(
        key=key,
        data=data,
        on_open_change=ignore,
        on_edit_change=ignore,
        on_sort_change=ignore,
        on_chosen_change=changed,
    )
    return Clicked(*(read_text(reported[name]) or None for name in ("open", "edit", "sort")))
