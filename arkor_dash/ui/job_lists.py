"""The list of jobs on the Jobs page."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import streamlit as st

from arkor_dash.live.job_list import JobListView
from arkor_dash.protocol.jobs import STATUS_FILTERS, Job, matching
from arkor_dash.ui.browser.live_parts import LiveParts

from . import session
from .chosen_jobs import compare_button
from .download import download_is_made
from .job_editor import can_edit_jobs
from .job_table import ShownJobs, open_clicked_job, paged_table, values_of
from .jobs_bar import Bar, Filters, chip_counts, jobs_bar
from .list_layout import ListLayout, list_layout
from .list_now import (
    FIRST_SUMMARIES_S,
    ListNow,
    ListReader,
    OncePerList,
    can_be_archived,
    fetch_list_of_visit,
    kept_jobs,
    list_problems,
    show_no_jobs,
    show_spinner,
)
from .list_tools import COLUMNS_MENU, columns_menu, export_button
from .live_fragment import watch_fragment
from .resources import dashboard
from .source_line import REFRESH_S

ARCHIVED = "archived"
"""The key of the choice of archived jobs, and its parameter of the address."""


@st.fragment
def jobs_card() -> None:
    """Every job, with search and filter. A list that has changed is pushed; what surrounds it is drawn again."""
    open_clicked_job()
    fragment_watch = watch_fragment("jobs")
    layout = list_layout()
    is_made = download_is_made()
    drawn_made = is_made()
    read = ListReader(dashboard(), layout.columns, menu_is_open=bool(session.entered(COLUMNS_MENU)))
    bar = jobs_bar()
    if bar.filters.comparing:
        compare_button()
    fetch_list_of_visit(now=bar.refresh)
    parts = LiveParts(read(FIRST_SUMMARIES_S), read, read.view)
    show_spinner(parts, bar.spinner_slot)
    _draw_jobs(parts, bar)
    structure, drawn_structure = parts.structure()
    fragment_watch.drawn(
        lambda shared: (is_made(), structure(shared)), (drawn_made, drawn_structure), parts=parts.drawn
    )


def _draw_jobs(parts: LiveParts[ListNow], bar: Bar) -> None:
    filters, listing, layout = bar.filters, parts.now.listing, list_layout()
    with bar.archive_slot:
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
    kept = partial(kept_jobs, can_be_archived(), archived)
    with bar.counts_slot:
        chip_counts(parts, kept, filters.query, ("jobs", archived))
    choose = partial(_shown, filters, layout, kept)
    read = OncePerList(choose, REFRESH_S if layout.columns else math.inf)
    view = ("jobs", filters, archived, layout)
    shown = read(parts.now)
    parts.depends(("empty", view), lambda now: _is_empty(read(now), now.listing))
    if shown.jobs:
        with bar.tools_slot:
            columns_menu(parts.now, shown.table.columns)
            export_button(parts, read, view)
        parts.depends("metrics", lambda now: now.summaries.error)
        if session.entered(COLUMNS_MENU):
            parts.depends("menu", lambda now: (now.metric_names, now.listing.version))
        paged_table(parts, read, view, comparing=filters.comparing, editable=can_edit_jobs())
    elif shown.has_others:
        show_no_jobs(
            "No matches", "No job fits the search and the filter. Relax the filter or clear the query."
        )
    elif archived:
        show_no_jobs("No archived jobs", "Edit a job to archive it. It is then shown here only.")
    elif listing.jobs:
        show_no_jobs("All jobs are archived", "Turn on Archived to see them.")
    else:
        show_no_jobs("No jobs yet", "Start a run with Run training on the Overview page.")


def _is_empty(shown: ShownJobs, listing: JobListView) -> object:
    return not shown.jobs and (shown.has_others, bool(listing.jobs))


def _shown(
    filters: Filters, layout: ListLayout, kept: Callable[[ListNow], list[Job]], now: ListNow
) -> ShownJobs:
    all_jobs = kept(now)
    jobs = matching(all_jobs, filters.query, STATUS_FILTERS.get(filters.status))
    table = values_of(now, layout.columns)
    if layout.chosen is None:
        table = table.without_empty_columns(now.listing.jobs)
    return ShownJobs(table.ordered(jobs, layout.sort), table, has_others=len(all_jobs) > len(jobs))


def _has_archived(now: ListNow) -> bool:
    return any(job.archived for job in now.listing.jobs)


def _shows_archived(parts: LiveParts[ListNow]) -> bool:
    """Whether archived jobs are shown. There is a choice only if there are any, or if the viewer sees their list."""
    if not can_be_archived():
        return False
    has_archived = OncePerList(_has_archived)
    parts.depends("archived", has_archived)
    is_on = bool(session.entered(ARCHIVED)) or st.query_params.get(ARCHIVED) == "true"
    if is_on or has_archived(parts.now):
        return st.toggle("Archived", key=ARCHIVED, bind="query-params")
    return False
