"""The table of jobs with the columns that the viewer has turned on, and its export."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import streamlit as st

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.metric_summaries import SummaryView
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.browser.jobs_table import Head, Row, jobs_part, show_jobs_table
from arkor_dash.ui.browser.live_parts import LiveParts

from . import session, shell
from .chosen_jobs import choose_jobs, chosen_jobs
from .csv_button import Table, csv_button
from .job_columns import (
    COLUMNS_LIMIT,
    SETTING,
    SIMPLE,
    Column,
    JobTable,
    Settings,
    columns_of,
    csv_rows,
    parse_column,
)
from .job_editor import edit_job
from .list_layout import ListLayout, list_layout, show_columns, sort_by
from .list_now import ListNow
from .resources import dashboard
from .status_text import status_text
from .text import paragraph

PAGE_SIZE = 100
NAME_LIMIT = 200
CELL_LIMIT = 200
COLUMNS_MENU = "jobs_columns_menu"
"""The key of the menu of columns."""
MENU_KEY = "jobs_columns"
_settings = Settings()
_clicked_job: session.VisitValue[str | None] = session.VisitValue("clicked_job", None)


@dataclass(frozen=True, slots=True, eq=False)
class ShownJobs:
    """The jobs that the list shows, in its order, and the values of its columns.

    `has_others`: there are further jobs, which the search or the filter leaves out.
    """

    jobs: Sequence[Job]
    table: JobTable
    has_others: bool = False


ReadShown = Callable[[ListNow], ShownJobs]


def values_of(now: ListNow, layout: ListLayout) -> JobTable:
    """The values of the columns that are turned on, as they are now."""
    has_settings = any(column.kind == SETTING for column in layout.columns)
    settings = _settings.of(now.listing.jobs) if has_settings else {}
    until_ms = now.listing.known_until_ms(time.time() * 1000)
    return JobTable(layout.columns, settings, now.summaries.summaries, until_ms / 1000)


def columns_menu(jobs: Sequence[Job], summaries: SummaryView) -> None:
    """The menu of columns, and why values are missing. Args: jobs: all jobs of the list."""
    with st.popover(
        "Columns", key=COLUMNS_MENU, icon=":material/view_column:", type="tertiary", on_change="rerun"
    ) as menu:
        if menu.open:
            _choice(jobs, summaries.names)
    if summaries.error:
        st.html(paragraph(f"Metrics could not be read: {summaries.error}", "arkor-note", role="alert"))


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


def paged_table(
    parts: LiveParts[ListNow], read: ReadShown, view: Hashable, *, comparing: bool, editable: bool
) -> None:
    """The jobs, at most `PAGE_SIZE` on each page. Args: view: names what `read` returns."""
    count = len(read(parts.now).jobs)
    pages = -(-count // PAGE_SIZE)
    parts.depends(("pages", view), lambda now: _if_paged(len(read(now).jobs)))
    table_slot = st.container()
    page = 1
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(paragraph(f"{count:,} jobs", "arkor-note"))
            page = st.pagination(pages, key="page", bind="query-params")
    with table_slot:
        _show(
            parts,
            read,
            (view, page),
            key="jobs_table",
            label="Jobs",
            place=slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE),
            sort=list_layout().sort,
            chosen=chosen_jobs() if comparing else None,
            editable=editable,
        )


def _if_paged(count: int) -> int | None:
    return count if count > PAGE_SIZE else None


def plain_table(parts: LiveParts[ListNow], read: ReadShown, view: Hashable, key: str, label: str) -> None:
    """The jobs with the first four columns, as they are ordered."""
    _show(parts, read, view, key=key, label=label)


def _show(
    parts: LiveParts[ListNow],
    read: ReadShown,
    view: Hashable,
    *,
    key: str,
    label: str,
    place: slice = slice(None),
    sort: str | None = None,
    chosen: Sequence[str] | None = None,
    editable: bool = False,
) -> None:
    dash = dashboard()
    rows_of = lru_cache(maxsize=1)(partial(_rows, place))

    def rows() -> tuple[Row, ...]:
        shown = read(parts.read())
        return rows_of(shown, _statuses(dash, shown.jobs[place]))

    columns = read(parts.now).table.columns
    with st.container(key=key):
        edited = show_jobs_table(
            parts,
            jobs_part((parts.view, view), rows),
            key=f"{key}_rows",
            label=label,
            head=Head([(column.id, shortened(column.label, CELL_LIMIT)) for column in columns], sort),
            on_open=_clicked_job.set,
            on_sort=sort_by,
            chosen=chosen,
            on_choice=choose_jobs,
            editable=editable,
        )
    if edited and editable:
        edit_job(edited)


def _statuses(dash: Dashboard, jobs: Iterable[Job]) -> tuple[str, ...]:
    """The jobs' statuses as their pages show them. While the source is lost, no silence grows."""
    until_ms = dash.jobs.snapshot().known_until_ms(time.time() * 1000)
    return tuple(status_text(job, dash.feeds.last_snapshot(job.id), job.status, until_ms) for job in jobs)


def _rows(place: slice, shown: ShownJobs, statuses: Sequence[str]) -> tuple[Row, ...]:
    return tuple(
        _row(shown.table, job, status) for job, status in zip(shown.jobs[place], statuses, strict=True)
    )


def _row(table: JobTable, job: Job, status: str) -> Row:
    return (
        job.id,
        shortened(job.name, NAME_LIMIT),
        status,
        job.created_at.isoformat() if job.created_at else None,
        tuple(shortened(table.text(job, column), CELL_LIMIT) for column in table.columns),
    )


def open_clicked_job() -> None:
    """Open the page of the job that was just clicked. It belongs before the list is drawn, which would be in vain."""
    job_id = _clicked_job.get()
    if job_id is not None:
        _clicked_job.set(None)
        st.switch_page(shell.JOB, query_params={"id": job_id})
