"""The table of jobs with the columns that the viewer has turned on, and its export."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from arkor_dash.export.table_csv import table_csv
from arkor_dash.live.metric_summaries import SummaryView
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.browser.jobs_table import Head, show_jobs_table

from . import session, shell
from .download import Download, Labels, offer_download
from .job_columns import (
    COLUMNS_LIMIT,
    SETTING,
    SIMPLE,
    Column,
    JobTable,
    Settings,
    columns_of,
    csv_rows,
    metrics_of,
    parse_column,
)
from .job_editor import can_edit_jobs, edit_job
from .list_layout import list_layout, show_columns, sort_by
from .resources import dashboard
from .text import paragraph

PAGE_SIZE = 100
NAME_LIMIT = 200
CELL_LIMIT = 200
FIRST_SUMMARIES_S = 1.0
"""How long a new column waits for its values. They would otherwise appear with the next refresh."""
COLUMNS_MENU = "jobs_columns_menu"
"""The key of the menu of columns."""
MENU_KEY = "jobs_columns"
_settings = Settings()
_clicked_job: session.VisitValue[str | None] = session.VisitValue("clicked_job", None)


def job_table(jobs: Sequence[Job]) -> JobTable:
    """The menu of columns, and the table of these jobs with the columns that are turned on.

    Args: jobs: all jobs of the list.
    """
    columns = list_layout().columns
    with st.popover(
        "Columns", key=COLUMNS_MENU, icon=":material/view_column:", type="tertiary", on_change="rerun"
    ) as menu:
        view = _summaries(columns, menu_is_open=bool(menu.open))
        if menu.open:
            _choice(jobs, view.names)
    if view.error:
        st.html(paragraph(f"Metrics could not be read: {view.error}", "arkor-note", role="alert"))
    has_settings = any(column.kind == SETTING for column in columns)
    settings = _settings.of(jobs) if has_settings else {}
    return JobTable(columns, settings, view.summaries, time.time())


def _summaries(columns: Sequence[Column], *, menu_is_open: bool) -> SummaryView:
    names = metrics_of(columns)
    if not (names or menu_is_open):
        return SummaryView()
    return dashboard().summaries.view(names, FIRST_SUMMARIES_S)


def _choice(jobs: Sequence[Job], metrics: Sequence[str]) -> None:
    """The field in which columns are chosen."""
    shown = [column.id for column in list_layout().columns]
    settings = dict.fromkeys(name for texts in _settings.of(jobs).values() for name in texts)
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
    lacking = {
        name for name, part in (("progress", source.summaries), ("tags", source.keeper)) if part is None
    }
    return [name for name in SIMPLE if name not in lacking]


def _choose() -> None:
    show_columns(session.entered(MENU_KEY) or ())


def _label(column_id: str) -> str:
    column = parse_column(column_id)
    return shortened(column.label if column else column_id, CELL_LIMIT)


def export_button(table: JobTable, jobs: Sequence[Job]) -> None:
    """The button that makes a CSV file of what the list shows: all pages, with full values."""
    download = Download(
        id=("jobs", list_layout(), tuple(job.id for job in jobs)),
        group="list",
        file_name="jobs.csv",
        mime="text/csv",
        make=lambda _unwanted: table_csv(*csv_rows(table, jobs)),
    )
    with st.container(key="jobs_export", width="content"):
        offer_download(download, Labels("Export CSV", "Exporting…", "Download CSV"), key="jobs_csv")


def paged_table(table: JobTable, jobs: Sequence[Job], *, comparing: bool) -> None:
    """The jobs, at most `PAGE_SIZE` on each page."""
    pages = -(-len(jobs) // PAGE_SIZE)
    table_slot = st.container()
    page = 1
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(paragraph(f"{len(jobs):,} jobs", "arkor-note"))
            page = st.pagination(pages, key=f"jobs_page_{pages}")
    with table_slot:
        shown = jobs[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        _show(shown, table, list_layout().sort, key="jobs_table", label="Jobs", comparing=comparing)


def plain_table(jobs: Sequence[Job], key: str, label: str) -> None:
    """The jobs with the first four columns, as they are ordered."""
    _show(jobs, JobTable((), {}, {}, 0.0), None, key=key, label=label)


def _show(
    jobs: Sequence[Job], table: JobTable, sort: str | None, key: str, label: str, *, comparing: bool = False
) -> None:
    rows = [
        (
            job.id,
            shortened(job.name, NAME_LIMIT),
            job.status,
            job.created_at.isoformat() if job.created_at else None,
            [shortened(table.text(job, column), CELL_LIMIT) for column in table.columns],
        )
        for job in jobs
    ]
    editable = sort is not None and can_edit_jobs()
    with st.container(key=key):
        edited = show_jobs_table(
            rows,
            key=f"{key}_rows",
            label=label,
            head=Head([(column.id, shortened(column.label, CELL_LIMIT)) for column in table.columns], sort),
            on_open=_clicked_job.set,
            on_sort=sort_by,
            chosen=session.chosen_jobs() if comparing else None,
            on_choice=session.choose_jobs,
            editable=editable,
        )
    if edited and editable:
        edit_job(edited)


def open_clicked_job() -> None:
    """Open the page of the job that was just clicked. It belongs before the list is drawn, which would be in vain."""
    job_id = _clicked_job.get()
    if job_id is not None:
        _clicked_job.set(None)
        st.switch_page(shell.JOB, query_params={"id": job_id})
