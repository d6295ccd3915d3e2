"""The list of jobs on the Jobs page, and the latest jobs on the Overview."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from arkor_dash.charts.comparison import MAX_JOBS, MIN_JOBS
from arkor_dash.live.job_list import JobListView
from arkor_dash.protocol.jobs import RUNNING, STATUS_FILTERS, Job, matching

from . import session, shell
from .download import download_is_made
from .job_columns import DURATION
from .job_table import COLUMNS_MENU, export_button, job_table, open_clicked_job, paged_table, plain_table
from .list_layout import list_layout
from .list_state import ListState, fetch_list, list_problems
from .live_fragment import watch_fragment
from .resources import dashboard
from .source_line import REFRESH_S
from .text import paragraph

SEARCH_PAUSE = "40ms"
"""The pause in typing after which the search begins. Streamlit's own 250 ms would be most of what a search takes."""
RECENT_JOBS = 5
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
    """Every job, with search and filter, drawn again when the list changes."""
    open_clicked_job()
    fragment_watch = watch_fragment("jobs")
    dash, columns = dashboard(), list_layout().columns
    state = ListState(dash, columns, download_is_made(), menu_is_open=bool(session.entered(COLUMNS_MENU)))
    drawn_state = state()
    view = _draw_jobs(state)
    is_running = any(job.status == RUNNING for job in view.jobs)
    counts = is_running and any(column.kind == DURATION for column in columns)
    fragment_watch.drawn(state, drawn_state, REFRESH_S if counts else math.inf)


def _draw_jobs(state: ListState) -> JobListView:
    spinner_slot, tools, refresh = _header()
    filters, archive_slot = _filters()
    if filters.comparing:
        _compare_button()
    view = fetch_list(spinner_slot, state, now=refresh)
    with archive_slot:
        archived = _shows_archived(view.jobs)
    session.keep_filters(q=filters.query, status=filters.status, archived=archived)
    list_problems(view)
    if not view.loaded:
        return view
    kept = _archived_or_not(view.jobs, archived=archived)
    jobs = matching(kept, filters.query, STATUS_FILTERS.get(filters.status))
    if jobs:
        with tools:
            table = job_table(view.jobs)
            jobs = table.ordered(jobs, list_layout().sort)
            export_button(table, jobs)
        paged_table(table, jobs, comparing=filters.comparing)
    elif kept:
        _empty("No matches", "No job fits the search and the filter. Relax the filter or clear the query.")
    elif archived:
        _empty("No archived jobs", "Edit a job to archive it. It is then shown here only.")
    elif view.jobs:
        _empty("All jobs are archived", "Turn on Archived to see them.")
    else:
        _empty("No jobs yet", "Start a run with Run training on the Overview page.")
    return view


@st.fragment
def recent_jobs() -> None:
    """The latest jobs, drawn again when the list changes."""
    open_clicked_job()
    fragment_watch = watch_fragment("recent")
    state = ListState(dashboard())
    drawn_state = state()
    _draw_recent(state)
    fragment_watch.drawn(state, drawn_state)


def _draw_recent(state: ListState) -> None:
    view = fetch_list(st.container(), state)
    list_problems(view)
    if not view.loaded:
        return
    jobs = _archived_or_not(view.jobs, archived=False)
    if jobs:
        plain_table(jobs[:RECENT_JOBS], key="recent_jobs", label="Recent jobs")
    else:
        _empty("No jobs yet", "The first run will show up here.")


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


def _archived_or_not(jobs: Iterable[Job], *, archived: bool) -> list[Job]:
    """The jobs that are archived, or those that are not.

    None is, in a source in which that can't be undone: a recording may be of an archived job.
    """
    can_be_archived = dashboard().source.keeper is not None
    return [job for job in jobs if (job.archived and can_be_archived) == archived]


def _shows_archived(jobs: Iterable[Job]) -> bool:
    """Whether archived jobs are shown. There is a choice only if there are any, or if the viewer sees their list."""
    if dashboard().source.keeper is None:
        return False
    is_on = bool(session.entered(ARCHIVED)) or st.query_params.get(ARCHIVED) == "true"
    if is_on or any(job.archived for job in jobs):
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
        comparing = st.toggle("Compare", key="choosing")
        archive_slot = st.container(width="content")
    return _Filters(query or "", status or "All", comparing=comparing), archive_slot


def _compare_button() -> None:
    """The button that opens the comparison of the chosen jobs, or a hint at how many to choose."""
    chosen = session.chosen_jobs()
    fits = MIN_JOBS <= len(chosen) <= MAX_JOBS
    with st.container(key="jobs_choice", horizontal=True, vertical_alignment="center"):
        label = f"Compare {len(chosen)} jobs" if fits else "Compare"
        clicked = st.button(
            label, key="compare", type="primary", icon=":material/stacked_line_chart:", disabled=not fits
        )
        if not fits:
            hint = f"Choose {MIN_JOBS} to {MAX_JOBS} jobs: {len(chosen)} chosen."
            st.html(paragraph(hint, "arkor-note", role="status"))
    if clicked:
        st.switch_page(shell.COMPARE, query_params={"job": chosen})


def _empty(title: str, description: str) -> None:
    with st.container(key="jobs_empty"):
        st.html(f'<div class="arkor-empty"><strong>{escape(title)}</strong>{escape(description)}</div>')
