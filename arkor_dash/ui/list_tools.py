"""The menu of columns and the export of the list of jobs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import streamlit as st

from arkor_dash.live.metric_summaries import SummaryView
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import Job
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


def columns_menu(jobs: Sequence[Job], summaries: SummaryView, shown: Sequence[Column]) -> None:
    """The menu of columns, and why values are missing. Args: jobs: all jobs of the list. shown: its columns."""
    with st.popover(
        "Columns", key=COLUMNS_MENU, icon=":material/view_column:", type="tertiary", on_change="rerun"
    ) as menu:
        if menu.open:
            _choice(jobs, summaries.names, [column.id for column in shown])
    if summaries.error:
        st.html(paragraph(f"Metrics could not be read: {summaries.error}", "arkor-note", role="alert"))


def _choice(jobs: Sequence[Job], metrics: Sequence[str], shown: Sequence[str]) -> None:
    """The field in which columns are chosen."""
    settings = dict.fromkeys(name for texts in SETTINGS.of(jobs).values() for name in texts)
    options = [
        *_simple_columns(),
        *(column.id for column in columns_of(metrics)),
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


def _simple_columns() -> list[str]:
    """The ids of the simple columns that the source has values for."""
    source = dashboard().source
    parts = ((CURVE, source.summaries), (PROGRESS, source.summaries), ("tags", source.keeper))
    lacking = {name for name, part in parts if part is None}
    return [name for name in SIMPLE if name not in lacking]


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
