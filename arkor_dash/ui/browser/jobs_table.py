"""The table of jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arkor_dash.protocol.fields import read_text
from arkor_dash.ui import session

from .chart import PLOTLY_JS
from .component import ignore, register

_HTML = """
<div class="arkor-table-box"><table class="arkor-table" role="table"><thead><tr role="row">
  <th scope="col">Status</th><th scope="col">Name</th><th scope="col">Created</th><th scope="col">ID</th>
  <th scope="col" class="arkor-cell-edit" aria-label="Edit"></th>
</tr></thead><tbody></tbody></table></div>
"""
_table = register("table", _HTML, "plotly")


@dataclass(frozen=True, slots=True)
class Clicked:
    """The ids of the job that was just opened, and of the one whose Edit button was clicked; None for no click."""

    opened: str | None
    edited: str | None


def show_jobs_table(
    jobs: Sequence[tuple[str, str, str, str | None]],
    *,
    key: str,
    label: str,
    chosen: Sequence[str] | None = None,
    on_choice: Callable[[list[str]], None] | None = None,
    editable: bool = False,
) -> Clicked:
    """Show jobs as (id, name, status, ISO time of creation); returns what was just clicked.

    When idle, the browser also loads plotly.js, for the chart of the job that is opened next.

    Args:
        chosen: the ids of the ticked rows. None: rows have no tick box.
        on_choice: called with the ids of the ticked rows when they change, before the page runs again.
        editable: each row has a button to edit its job.
    """

    def changed() -> None:
        if on_choice:
            on_choice(session.reported_texts(key, "chosen"))

    data = {"jobs": jobs, "label": label, "chosen": chosen, "editable": editable, "library": PLOTLY_JS}
    reported = _table(
        key=key, data=data, on_open_change=ignore, on_edit_change=ignore, on_chosen_change=changed
    )
    return Clicked(read_text(reported.open) or None, read_text(reported.edit) or None)
