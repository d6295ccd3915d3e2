"""The jobs page, and the latest jobs on the Overview."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from arkor_dash.charts.comparison import MAX_JOBS, MIN_JOBS
from arkor_dash.live.job_list import JobListView
from arkor_dash.protocol.jobs import STATUS_FILTERS, Job, matching
from arkor_dash.ui.browser import components

from . import session, shell
from .clock import local_time
from .resources import dashboard
from .source_line import QUICK_ANSWER_S, REFRESH_S
from .text import paragraph, shortened

SPIN_S = 0.4
PAGE_SIZE = 100
RECENT = 5
NAME_LIMIT = 200


@st.fragment(run_every=REFRESH_S)
def jobs_card() -> None:
    """Every job, searchable and filtered, refreshed by itself."""
    with st.container(
        key="jobs_header", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.html(paragraph("All jobs", "arkor-heading", tag="h2"), width="content")
        spinning = st.container(width="content")
        refreshed = st.button(
            "Refresh",
            key="jobs_refresh",
            icon=":material/refresh:",
            type="tertiary",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(key="jobs_search", width=280):
            query = st.text_input(
                "Search by name or ID",
                key="q",
                type="search",
                live=True,
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
        choosing = st.toggle("Compare", key="choosing")
    session.keep_filters(query or "", status or "All")
    if choosing:
        _choice()
    view = _fetch(spinning, now=refreshed)
    _trouble(view)
    if not view.loaded:
        return
    jobs = matching(view.jobs, query or "", STATUS_FILTERS.get(status or "All"))
    if jobs:
        _page_of(jobs, choosing=choosing)
    elif view.jobs:
        _empty("No matches", "No job fits the search and the filter. Relax the filter or clear the query.")
    else:
        _empty("No jobs yet", "Start a run with Run training on the Overview page.")


@st.fragment(run_every=REFRESH_S)
def recent_jobs() -> None:
    """The latest jobs."""
    view = _fetch(st.container())
    _trouble(view)
    if not view.loaded:
        return
    if view.jobs:
        _table(view.jobs[:RECENT], key="recent_jobs", label="Recent jobs")
    else:
        _empty("No jobs yet", "The first run will show up here.")


def _choice() -> None:
    """What is chosen for a comparison, and the way there."""
    chosen = session.chosen_jobs()
    fits = MIN_JOBS <= len(chosen) <= MAX_JOBS
    with st.container(key="jobs_choice", horizontal=True, vertical_alignment="center"):
        label = f"Compare {len(chosen)} jobs" if fits else "Compare"
        go = st.button(
            label, key="compare", type="primary", icon=":material/stacked_line_chart:", disabled=not fits
        )
        if not fits:
            st.html(
                paragraph(
                    f"Choose {MIN_JOBS} to {MAX_JOBS} jobs: {len(chosen)} chosen.",
                    "arkor-note",
                    role="status",
                )
            )
    if go:
        st.switch_page(shell.COMPARE, query_params={"job": chosen})


def _fetch(spinning: DeltaGenerator, *, now: bool = False) -> JobListView:
    """The list as it is, asked for if it is due. An answer that takes its time is awaited in `spinning`."""
    poller = dashboard().jobs
    poller.refresh(0.0 if now else REFRESH_S - 0.5)
    view = poller.snapshot() if now else poller.wait(QUICK_ANSWER_S)
    with spinning:
        if view.in_flight:
            _in_flight(time.monotonic())
    return view


@st.fragment(run_every=SPIN_S)
def _in_flight(since: float) -> None:
    """The sign that a request is in flight, for long enough to be seen; then the page shows what came."""
    st.html('<span class="arkor-busy" role="status" aria-label="Loading jobs"></span>')
    if time.monotonic() - since >= SPIN_S / 2 and not dashboard().jobs.snapshot().in_flight:
        st.rerun()


def _trouble(view: JobListView) -> None:
    with st.container():
        if view.error:
            st.html(paragraph(f"Failed to load jobs: {view.error}", "arkor-banner", tag="div", role="alert"))
            if view.fetched_at_ms is not None:
                as_of = local_time(view.fetched_at_ms)
                st.html(paragraph(f"This is the list as of {as_of:%H:%M:%S}.", "arkor-note"))
        elif not view.loaded:
            st.html(paragraph("Loading jobs…", "arkor-note", role="status"))
        if view.malformed:
            st.html(paragraph(f"{view.malformed} entries could not be read.", "arkor-note"))


def _page_of(jobs: Sequence[Job], *, choosing: bool) -> None:
    pages = -(-len(jobs) // PAGE_SIZE)
    slot = st.container()
    page = 1
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(paragraph(f"{len(jobs):,} jobs", "arkor-note"))
            page = st.pagination(pages, key=f"jobs_page_{pages}")
    with slot:
        _table(
            jobs[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], key="jobs_table", label="Jobs", choosing=choosing
        )


def _table(jobs: Sequence[Job], key: str, label: str, *, choosing: bool = False) -> None:
    rows = [
        (
            job.id,
            shortened(job.name, NAME_LIMIT),
            job.status,
            job.created_at.isoformat() if job.created_at else None,
        )
        for job in jobs
    ]
    chosen = session.chosen_jobs() if choosing else None
    with st.container(key=key):
        opened = components.jobs_table(
            rows,
            key=f"{key}_rows",
            label=label,
            chosen=chosen,
            on_choice=session.choose_jobs,
        )
    if opened:
        st.switch_page(shell.JOB, query_params={"id": opened})


def _empty(title: str, description: str) -> None:
    with st.container(key="jobs_empty"):
        st.html(f'<div class="arkor-empty"><strong>{escape(title)}</strong>{escape(description)}</div>')
