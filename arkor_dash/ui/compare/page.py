"""The Compare page: metrics of several jobs in charts, a setting against a result, and a table of all results."""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from arkor_dash.charts.compared_runs import chart_of, drawn_metrics
from arkor_dash.charts.comparison import MAX_JOBS, MIN_JOBS
from arkor_dash.live.parts import Shared
from arkor_dash.metrics.compared import compared_metrics
from arkor_dash.protocol.jobs import TERMINAL
from arkor_dash.ui import shell
from arkor_dash.ui.curve_controls import smoothing_and_axis
from arkor_dash.ui.live_fragment import watch_fragment
from arkor_dash.ui.resources import dashboard
from arkor_dash.ui.source_line import REFRESH_S
from arkor_dash.ui.text import paragraph

from .choices import choose_metrics
from .curves import curves
from .result_table import result_table
from .runs import compared_runs
from .scatter_card import scatter_card

CHECK_S = 1.0


def compare_page(job_ids: Sequence[str]) -> None:
    """The page that compares the jobs in the address. Only the first `MAX_JOBS` are shown."""
    chosen = list(dict.fromkeys(job_ids))[:MAX_JOBS]
    with st.container(key="breadcrumb", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.page_link(shell.JOBS, label="Jobs")
        st.html(paragraph("/ Compare", "arkor-crumb"), width="content")
    shell.page_title("Compare")
    if len(chosen) < MIN_JOBS:
        st.html(paragraph("Turn on Compare on the Jobs page and choose two jobs or more.", "arkor-note"))
        return
    dashboard().jobs.refresh(REFRESH_S)
    _comparison(chosen)


@st.fragment
def _comparison(job_ids: Sequence[str]) -> None:
    fragment_watch = watch_fragment("compare")
    dash = dashboard()

    def current_state(_shared: Shared | None = None) -> object:
        dash.jobs.refresh(REFRESH_S)
        return dash.jobs.snapshot().version, [dash.feeds.acquire(job_id).version for job_id in job_ids]

    drawn_state = current_state()
    listed = {job.id: job for job in dash.jobs.snapshot().jobs}
    feeds = [dash.feeds.acquire(job_id).snapshot() for job_id in job_ids]
    names = compared_metrics([feed.metrics for feed in feeds])
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(paragraph("Metrics", "arkor-heading", tag="h2"), width="content")
            chosen = choose_metrics(names)
            with st.popover("Curve", icon=":material/tune:", type="tertiary", key="curve", width="content"):
                smoothing, axis_kind = smoothing_and_axis()
        runs = compared_runs(job_ids, listed, feeds, axis_kind)
        charts = [chart_of(name, runs) for name in chosen]
        curves(runs, charts, smoothing, axis_kind, [feed.generation for feed in feeds])
    opened = scatter_card(runs, names)
    result_table(runs, drawn_metrics(charts))
    all_ended = all(run.status in TERMINAL for run in runs)
    due_in_s = math.inf if all_ended else CHECK_S  # the results show the durations, which grow
    fragment_watch.drawn(current_state, drawn_state, due_in_s)
    if opened is not None:
        st.switch_page(shell.JOB, query_params={"id": opened})
