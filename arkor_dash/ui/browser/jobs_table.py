"""The table of jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arkor_dash.protocol.fields import read_text
from arkor_dash.ui import session

from .chart import PLOTLY_JS
from .component import ignore, register

_HTML = """
<div class="arkor-table-box"><table class="arkor-table" role="table"><thead><tr role="row">
  <th scope="col">Status</th><th scope="col">Name</th><th scope="col">Created</th><th scope="col">ID</th>
</tr></thead><tbody></tbody></table></div>
"""
_table = register("table", _HTML, "plotly")


def show_jobs_table(
    jobs: Sequence[tuple[str, str, str, str | None]],
    *,
    key: str,
    label: str,
    chosen: Sequence[str] | None = None,
    on_choice: Callable[[list[str]], None] | None = None,
) -> str | None:
    """Show jobs as (id, name, status, ISO time of creation); returns the id of the row that was just clicked.

    When idle, the browser also loads plotly.js, for the chart of the job that is opened next.

    Args:
        chosen: the ids of the ticked rows. None: rows have no tick box.
        on_choice: called with the ids of the ticked rows when they change, before the page runs again.
    """

    def changed() -> None:
        if on_choice:
            on_choice(session.reported_texts(key, "chosen"))

    data = {"jobs": jobs, "label": label, "chosen": chosen, "library": PLOTLY_JS}
    opened = _table(key=key, data=data, on_open_change=ignore, on_chosen_change=changed).open
    return read_text(opened) or None
