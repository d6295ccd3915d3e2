"""The table of jobs with the columns that the viewer has turned on, and its export."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import streamlit as st

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.browser.jobs_table import Head, Row, jobs_part, show_jobs_table
from arkor_dash.ui.browser.live_parts import LiveParts

from . import session, shell
from .chosen_jobs import choose_jobs, chosen_jobs
from .job_columns import CELL_LIMIT, SETTING, Column, JobTable, Settings
from .job_editor import edit_job
from .list_layout import list_layout, sort_by
from .list_now import ListNow
from .resources import dashboard
from .status_text import status_text
from .text import paragraph

PAGE_SIZE = 100
SHORT_ROWS = 10
NAME_LIMIT = 200
SETTINGS = Settings()
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


def values_of(now: ListNow, columns: Sequence[Column]) -> JobTable:
    """The values of these columns as they are now."""
    has_settings = any(column.kind == SETTING for column in columns)
    settings = SETTINGS.of(now.listing.jobs) if has_settings else {}
    until_ms = now.listing.known_until_ms(time.time() * 1000)
    return JobTable(columns, settings, now.values, until_ms)


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
            by_room=list_layout().chosen is None,
            chosen=chosen_jobs() if comparing else None,
            editable=editable,
        )


def _if_paged(count: int) -> int | None:
    return count if count > PAGE_SIZE else None


def plain_table(parts: LiveParts[ListNow], read: ReadShown, view: Hashable, key: str, label: str) -> None:
    """The jobs as they are ordered."""
    _show(parts, read, view, key=key, label=label, by_room=True)


def _show(
    parts: LiveParts[ListNow],
    read: ReadShown,
    view: Hashable,
    *,
    key: str,
    label: str,
    place: slice = slice(None),
    by_room: bool,
    sort: str | None = None,
    chosen: Sequence[str] | None = None,
    editable: bool = False,
) -> None:
    dash = dashboard()
    rows_of = lru_cache(maxsize=1)(partial(_rows, place))

    def rows() -> tuple[Row, ...]:
        now = parts.read()
        shown = read(now)
        jobs = shown.jobs[place]
        statuses = _statuses(dash, jobs)
        table = replace(shown.table, values=now.values)
        return with_feeds(rows_of(shown, statuses), table, jobs, statuses)

    columns = read(parts.now).table.columns
    parts.depends(("columns", view), lambda now: read(now).table.columns)
    heads = [(column.id, shortened(column.label, CELL_LIMIT)) for column in columns]
    with st.container(key=key):
        edited = show_jobs_table(
            parts,
            jobs_part((parts.view, view), rows, is_long=len(read(parts.now).jobs[place]) > SHORT_ROWS),
            key=f"{key}_rows",
            label=label,
            head=Head(heads, sort, by_room=by_room),
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


def with_feeds(
    rows: Sequence[Row], table: JobTable, jobs: Sequence[Job], statuses: Sequence[str]
) -> tuple[Row, ...]:
    """The rows of these jobs, those whose feeds are held as the table has them now."""
    held = table.values.feeds
    return tuple(
        _row(table, job, status) if job.id in held else row
        for row, job, status in zip(rows, jobs, statuses, strict=True)
    )


def _row(table: JobTable, job: Job, status: str) -> Row:
    return (
        job.id,
        shortened(job.name, NAME_LIMIT),
        status,
        job.created_at.isoformat() if job.created_at else None,
        tuple(table.cell(job, column) for column in table.columns),
        table.warning(job),
    )


def open_clicked_job() -> None:
    """Open the page of the job that was just clicked. It belongs before the list is drawn, which would be in vain."""
    job_id = _clicked_job.get()
    if job_id is not None:
        _clicked_job.set(None)
        st.switch_page(shell.JOB, query_params={"id": job_id})
