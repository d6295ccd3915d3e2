"""The list of jobs on the Jobs page, and the latest jobs on the Overview."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from arkor_dash.live.job_list import JobListView
from arkor_dash.protocol.jobs import STATUS_FILTERS, Job, matching
from arkor_dash.ui.browser.live_parts import LiveParts

from . import session
from .chosen_jobs import compare_button
from .download import download_is_made
from .job_columns import DURATION, JobTable
from .job_editor import can_edit_jobs
from .job_table import (
    COLUMNS_MENU,
    ShownJobs,
    columns_menu,
    export_button,
    open_clicked_job,
    paged_table,
    plain_table,
    values_of,
)
from .list_layout import ListLayout, list_layout
from .list_now import (
    ListNow,
    ListReader,
    OncePerList,
    fetch_list,
    fetch_list_of_visit,
    list_problems,
    show_spinner,
)
from .live_fragment import watch_fragment
from .resources import dashboard
from .source_line import REFRESH_S
from .text import paragraph

SEARCH_PAUSE = "40ms"
"""The pause in typing after which the search begins. Streamlit's own 250 ms would be most of what a search takes."""
RECENT_JOBS = 5
FIRST_SUMMARIES_S = 1.0
"""How long a new column waits for its values. They would otherwise appear a moment later."""
ARCHIVED = "archived"
"""The key of the choice of archived jobs, and its parameter of the address."""


@dataclass(frozen=True, slots=True)
class _Filters:
    """The search text, the status, and whether jobs are chosen to be compared."""

    query: str
    status: str
    comparing: bool


@st.fragment
def jobs_card() -> None:
    """Every job, with search and filter. A list that has changed is pushed; what surrounds it is drawn again."""
    open_clicked_job()
    fragment_watch = watch_fragment("jobs")
    layout = list_layout()
    is_made = download_is_made()
    drawn_made = is_made()
    read = ListReader(dashboard(), layout.columns, menu_is_open=bool(session.entered(COLUMNS_MENU)))
    spinner_slot, tools, refresh = _header()
    filters, archive_slot = _filters()
    if filters.comparing:
        compare_button()
    fetch_list_of_visit(now=refresh)
    parts = LiveParts(read(FIRST_SUMMARIES_S), read, read.view)
    show_spinner(parts, spinner_slot)
    _draw_jobs(parts, filters, archive_slot, tools)
    structure, drawn_structure = parts.structure()
    fragment_watch.drawn(
        lambda shared: (is_made(), structure(shared)), (drawn_made, drawn_structure), parts=parts.drawn
    )


def _draw_jobs(
    parts: LiveParts[ListNow], filters: _Filters, archive_slot: DeltaGenerator, tools: DeltaGenerator
) -> None:
    listing, layout = parts.now.listing, list_layout()
    with archive_slot:
        archived = _shows_archived(parts)
    session.keep_filters(
        q=filters.query,
        status=filters.status,
        archived=archived,
        choosing=filters.comparing,
        page=session.entered("page") or 1,
    )
    list_problems(parts)
    if not listing.loaded:
        return
    counts = any(column.kind == DURATION for column in layout.columns)
    choose = partial(_shown, filters, layout, _can_be_archived(), archived)
    read = OncePerList(choose, REFRESH_S if counts else math.inf)
    view = ("jobs", filters, archived, layout)
    shown = read(parts.now)
    parts.depends(("empty", view), lambda now: _is_empty(read(now), now.listing))
    if shown.jobs:
        with tools:
            columns_menu(listing.jobs, parts.now.summaries)
            export_button(parts, read, view)
        parts.depends("metrics", lambda now: now.summaries.error)
        if session.entered(COLUMNS_MENU):
            parts.depends("menu", lambda now: (tuple(now.summaries.names), now.listing.version))
        paged_table(parts, read, view, comparing=filters.comparing, editable=can_edit_jobs())
    elif shown.has_others:
        _empty("No matches", "No job fits the search and the filter. Relax the filter or clear the query.")
    elif archived:
        _empty("No archived jobs", "Edit a job to archive it. It is then shown here only.")
    elif listing.jobs:
        _empty("All jobs are archived", "Turn on Archived to see them.")
    else:
        _empty("No jobs yet", "Start a run with Run training on the Overview page.")


def _is_empty(shown: ShownJobs, listing: JobListView) -> object:
    return not shown.jobs and (shown.has_others, bool(listing.jobs))


def _shown(
    filters: _Filters, layout: ListLayout, can_be_archived: bool, archived: bool, now: ListNow
) -> ShownJobs:
    kept = _archived_or_not(now.listing.jobs, can_be_archived, archived=archived)
    jobs = matching(kept, filters.query, STATUS_FILTERS.get(filters.status))
    table = values_of(now, layout)
    return ShownJobs(table.ordered(jobs, layout.sort), table, has_others=len(kept) > len(jobs))


@st.fragment
def recent_jobs() -> None:
    """The latest jobs."""
    open_clicked_job()
    fragment_watch = watch_fragment("recent")
    spinner_slot = st.container()
    fetch_list()
    read = ListReader(dashboard())
    parts = LiveParts(read(), read, read.view)
    show_spinner(parts, spinner_slot)
    _draw_recent(parts)
    fragment_watch.drawn(*parts.structure(), parts=parts.drawn)


def _draw_recent(parts: LiveParts[ListNow]) -> None:
    list_problems(parts)
    if not parts.now.listing.loaded:
        return
    read = OncePerList(partial(_recent, _can_be_archived()))
    parts.depends("no recent job", lambda now: not read(now).jobs)
    if read(parts.now).jobs:
        plain_table(parts, read, "recent", key="recent_jobs", label="Recent jobs")
    else:
        _empty("No jobs yet", "The first run will show up here.")


def _recent(can_be_archived: bool, now: ListNow) -> ShownJobs:
    jobs = _archived_or_not(now.listing.jobs, can_be_archived, archived=False)
    return ShownJobs(jobs[:RECENT_JOBS], JobTable((), {}, {}, 0.0))


def _header() -> tuple[DeltaGenerator, DeltaGenerator, bool]:
    """The heading and the Refresh button.

    Returns: the places for the spinner and for further buttons, and whether Refresh was clicked.
    """
    with st.container(
        key="jobs_header", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.html(paragraph("All jobs", "arkor-heading", tag="h2"), width="content")
        spinner_slot = st.container(width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            tools = st.container(
                key="jobs_tools", horizontal=True, vertical_alignment="center", width="content"
            )
            refresh = st.button("Refresh", key="jobs_refresh", icon=":material/refresh:", type="tertiary")
    return spinner_slot, tools, refresh


def _can_be_archived() -> bool:
    """Whether jobs of this source can. A recording may be of an archived job, and no click can undo that."""
    return dashboard().source.keeper is not None


def _archived_or_not(jobs: Iterable[Job], can_be_archived: bool, *, archived: bool) -> list[Job]:
    """The jobs that are archived, or those that are not. None is where none can be."""
    return [job for job in jobs if (job.archived and can_be_archived) == archived]


def _has_archived(now: ListNow) -> bool:
    return any(job.archived for job in now.listing.jobs)


def _shows_archived(parts: LiveParts[ListNow]) -> bool:
    """Whether archived jobs are shown. There is a choice only if there are any, or if the viewer sees their list."""
    if not _can_be_archived():
        return False
    has_archived = OncePerList(_has_archived)
    parts.depends("archived", has_archived)
    is_on = bool(session.entered(ARCHIVED)) or st.query_params.get(ARCHIVED) == "true"
    if is_on or has_archived(parts.now):
        return st.toggle("Archived", key=ARCHIVED, bind="query-params")
    return False


def _filters() -> tuple[_Filters, DeltaGenerator]:
    """The filters, and the place for the choice of archived jobs, which depends on the list."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(key="jobs_search", width=280):
            query = st.text_input(
                "Search by name or ID",
                key="q",
                type="search",
                live=SEARCH_PAUSE,
                bind="query-params",
                placeholder="Search by name or ID",
                label_visibility="collapsed",
            )
        with st.container(key="jobs_status", width="content"):
            status = st.segmented_control(
                "Status",
                list(STATUS_FILTERS),
                default="All",
                required=True,
                key="status",
                bind="query-params",
                label_visibility="collapsed",
            )
        comparing = st.toggle("Compare", key="choosing", bind="query-params")
        archive_slot = st.container(width="content")
    return _Filters(query or "", status or "All", comparing=comparing), archive_slot


def _empty(title: str, description: str) -> None:
    with st.container(key="jobs_empty"):
        st.html(f'<div class="arkor-empty"><strong>{escape(title)}</strong>{escape(description)}</div>')
