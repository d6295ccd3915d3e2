"""The latest jobs on the Overview."""

from __future__ import annotations

from functools import partial

import streamlit as st

from arkor_dash.protocol.metric_names import LOSS
from arkor_dash.ui.browser.live_parts import LiveParts

from .job_columns import PROGRESS, Column
from .job_table import ShownJobs, open_clicked_job, plain_table, values_of
from .list_now import (
    FIRST_SUMMARIES_S,
    ListNow,
    ListReader,
    OncePerList,
    can_be_archived,
    fetch_list,
    kept_jobs,
    list_problems,
    show_no_jobs,
    show_spinner,
)
from .live_fragment import watch_fragment
from .resources import dashboard
from .source_line import REFRESH_S

RECENT_JOBS = 5
COLUMNS = (Column(PROGRESS), Column("last", LOSS))


@st.fragment
def recent_jobs() -> None:
    """The latest jobs."""
    open_clicked_job()
    fragment_watch = watch_fragment("recent")
    spinner_slot = st.container()
    fetch_list()
    read = ListReader(dashboard(), COLUMNS)
    parts = LiveParts(read(FIRST_SUMMARIES_S), read, read.view)
    show_spinner(parts, spinner_slot)
    _draw(parts)
    fragment_watch.drawn(*parts.structure(), parts=parts.drawn)


def _draw(parts: LiveParts[ListNow]) -> None:
    list_problems(parts)
    if not parts.now.listing.loaded:
        return
    read = OncePerList(partial(_recent, can_be_archived()), REFRESH_S)
    parts.depends("no recent job", lambda now: not read(now).jobs)
    if read(parts.now).jobs:
        plain_table(parts, read, "recent", key="recent_jobs", label="Recent jobs")
    else:
        show_no_jobs("No jobs yet", "The first run will show up here.")


def _recent(can_be_archived: bool, now: ListNow) -> ShownJobs:
    jobs = kept_jobs(can_be_archived, False, now)[:RECENT_JOBS]
    return ShownJobs(jobs, values_of(now, COLUMNS).without_empty_columns(jobs))
