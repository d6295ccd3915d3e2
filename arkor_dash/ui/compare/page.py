"""The Compare page: metrics of several jobs in charts, a setting against a result, and a table of all results."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from arkor_dash.charts.compared_runs import Chart, Run, chart_of, drawn_metrics
from arkor_dash.charts.comparison import MAX_JOBS, MIN_JOBS
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.job_state import job_state
from arkor_dash.live.parts import Shared
from arkor_dash.metrics.compared import compared_metrics
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui import shell
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.curve_controls import smoothing_and_axis
from arkor_dash.ui.live_fragment import watch_fragment
from arkor_dash.ui.resources import dashboard
from arkor_dash.ui.source_line import REFRESH_S
from arkor_dash.ui.text import paragraph

from .choices import choose_metrics
from .curves import curves, frame
from .result_table import result_table
from .runs import compared_runs
from .scatter_card import scatter_card

RESULTS_S = 2.0
"""Seconds between two drawings of the results of running jobs."""


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """The compared jobs as they are at one moment. `listed` are those that the list holds, by their ids."""

    listed: Mapping[str, Job]
    feeds: Sequence[FeedSnapshot]


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
    _comparison(chosen)


@st.fragment
def _comparison(job_ids: Sequence[str]) -> None:
    fragment_watch = watch_fragment("compare")
    dash = dashboard()
    dash.jobs.refresh(REFRESH_S)
    now = _compared(dash, job_ids)
    parts = LiveParts(now, partial(_compared, dash, job_ids), ("compare", dash.feeds.number, tuple(job_ids)))
    names = compared_metrics([feed.metrics for feed in now.feeds])
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(paragraph("Metrics", "arkor-heading", tag="h2"), width="content")
            chosen = choose_metrics(names)
            with st.popover("Curve", icon=":material/tune:", type="tertiary", key="curve", width="content"):
                smoothing, axis_kind = smoothing_and_axis()

        def charts(of: _Compared) -> tuple[list[Run], list[Chart]]:
            runs = compared_runs(job_ids, of.listed, of.feeds, axis_kind)
            return runs, [chart_of(name, runs) for name in chosen]

        read = parts.read
        parts.depends(("frame", tuple(chosen), axis_kind), lambda of: frame(*charts(of)))
        curves(parts, lambda: charts(read()), smoothing, axis_kind)
    runs, drawn = charts(now)
    opened = scatter_card(runs, names)
    result_table(runs, drawn_metrics(drawn))
    parts.depends("results", _results)
    structure, drawn_structure = parts.structure()

    def current_state(shared: Shared) -> object:
        dash.jobs.refresh(REFRESH_S)
        return structure(shared)

    due_in_s = math.inf if _all_ended(now) else RESULTS_S
    fragment_watch.drawn(current_state, drawn_structure, due_in_s, parts.drawn)
    if opened is not None:
        st.switch_page(shell.JOB, query_params={"id": opened})


def _compared(dash: Dashboard, job_ids: Sequence[str]) -> _Compared:
    listed = {job_id: job for job_id in job_ids if (job := dash.jobs.job(job_id))}
    return _Compared(listed, [dash.feeds.acquire(job_id).snapshot() for job_id in job_ids])


def _results(now: _Compared) -> object:
    """What the results depend on. Those of running jobs change all the time, and are drawn every `RESULTS_S`."""
    versions = [feed.version for feed in now.feeds] if _all_ended(now) else []
    metrics = [tuple(feed.metrics.metrics) for feed in now.feeds]
    return now.listed, [feed.facts for feed in now.feeds], metrics, versions


def _all_ended(now: _Compared) -> bool:
    states = (job_state(now.listed.get(feed.job_id), feed, 0.0) for feed in now.feeds)
    return all(state.ended for state in states)
