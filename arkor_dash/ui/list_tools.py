"""The menu of columns and the export of the list of jobs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import streamlit as st

from arkor_dash.protocol.fields import shortened
from arkor_dash.ui.browser.live_parts import LiveParts

from . import session
from .csv_button import Table, csv_button
from .job_columns import (
    CELL_LIMIT,
    COLUMNS_LIMIT,
    CURVE,
    PROGRESS,
    SETTING,
    SIMPLE,
    Column,
    columns_of,
    csv_rows,
    parse_column,
)
from .job_table import SETTINGS, ReadShown, ShownJobs
from .list_layout import show_columns
from .list_now import ListNow
from .resources import dashboard
from .text import paragraph

COLUMNS_MENU = "jobs_columns_menu"
"""The key of the menu of columns."""
MENU_KEY = "jobs_columns"


def columns_menu(now: ListNow, shown: Sequence[Column]) -> None:
    """The menu of columns, and why values are missing. Args: shown: the list's columns."""
    with st.popover(
        "Columns", key=COLUMNS_MENU, icon=":material/view_column:", type="tertiary", on_change="rerun"
    ) as menu:
        if menu.open:
            _choice(now, [column.id for column in shown])
    if now.summaries.error:
        st.html(paragraph(f"Metrics could not be read: {now.summaries.error}", "arkor-note", role="alert"))


def _choice(now: ListNow, shown: Sequence[str]) -> None:
    """The field in which columns are chosen."""
    settings = dict.fromkeys(name for texts in SETTINGS.of(now.listing.jobs).values() for name in texts)
    options = [
        *_simple_columns(has_metrics=bool(now.metric_names)),
        *(column.id for column in columns_of(now.metric_names)),
        *(Column(SETTING, name).id for name in settings),
    ]
    st.multiselect(
        "Columns",
        list(dict.fromkeys((*shown, *options))),
        shown,
        key=MENU_KEY,
        format_func=_label,
        max_selections=COLUMNS_LIMIT,
        filter_mode="contains",
        select_all=False,
        placeholder="Choose columns",
        label_visibility="collapsed",
        on_change=_choose,
        width=360,
    )
    st.html(paragraph("A click on the head of a column sorts by it.", "arkor-note"))


def _simple_columns(*, has_metrics: bool) -> list[str]:
    """The ids of the simple columns that there can be values for."""
    source = dashboard().source
    metrics = has_metrics or source.summaries is not None
    has_values = {CURVE: metrics, PROGRESS: metrics, "tags": source.keeper is not None}
    return [name for name in SIMPLE if has_values.get(name, True)]


def _choose() -> None:
    show_columns(session.entered(MENU_KEY) or ())


def _label(column_id: str) -> str:
    column = parse_column(column_id)
    return shortened(column.label if column else column_id, CELL_LIMIT)


def export_button(parts: LiveParts[ListNow], read: ReadShown, view: Hashable) -> None:
    """The button that makes a CSV file of what the list shows: all pages, with full values.

    Args: view: names what `read` returns.
    """

    def table(now: ListNow) -> Table:
        shown = read(now)
        return csv_rows(shown.table, shown.jobs)

    with st.container(key="jobs_export", width="content"):
        csv_button(
            parts,
            lambda now: _ids(read(now)),
            table,
            view=view,
            what="jobs",
            file_name="jobs.csv",
            key="jobs_csv",
        )


def _ids(shown: ShownJobs) -> tuple[str, ...]:
    return tuple(job.id for job in shown.jobs)
