"""The Compare page: the curves of several jobs on one chart, their results, and the settings that differ."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

import streamlit as st

from arkor_dash.charts.comparison import (
    MAX_JOBS,
    MIN_JOBS,
    Run,
    comparison_figure,
    differing_settings,
    results,
    summary,
)
from arkor_dash.charts.theme import DARK_COLOURS, LIGHT, RUN_COLOURS
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.charts.x_axis import x_axis
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.job_state import job_state
from arkor_dash.protocol.jobs import TERMINAL, Job
from arkor_dash.ui.browser.chart import show_chart

from . import session, shell
from .curve_controls import smoothing_and_axis
from .live_fragment import watch_fragment
from .resources import dashboard
from .source_line import REFRESH_S
from .text import paragraph, shortened

CHECK_S = 1.0
WIDTH_PX = 900
NAME_LIMIT = 60
CELL_LIMIT = 200


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
    fragment_watch = watch_fragment("compare", CHECK_S)
    dash = dashboard()

    def current_state() -> object:
        dash.jobs.refresh(REFRESH_S)
        return dash.jobs.snapshot().version, [dash.feeds.acquire(job_id).version for job_id in job_ids]

    drawn_state = current_state()
    listed = {job.id: job for job in dash.jobs.snapshot().jobs}
    feeds = [dash.feeds.acquire(job_id).snapshot() for job_id in job_ids]
    with st.container(border=True):
        smoothing, axis_kind = _controls()
        runs = _runs(job_ids, listed, feeds, axis_kind)
        with st.container(key="compare_chart"):
            if any(not run.losses.empty for run in runs):
                versions = tuple((feed.generation, feed.losses.version) for feed in feeds)
                _chart(runs, smoothing, versions)
            else:
                st.html(paragraph("Waiting for training.log events…", "arkor-empty", role="status"))
    with st.container(border=True, key="compare_results"):
        st.html(paragraph("Results", "arkor-heading", tag="h2"))
        st.html(_table(runs, results(runs)))
    with st.container(border=True, key="compare_config"):
        st.html(paragraph("Settings that differ", "arkor-heading", tag="h2"))
        rows = differing_settings(runs)
        if rows:
            st.html(_table(runs, rows))
        else:
            st.html(paragraph("None: these jobs have the same settings.", "arkor-note"))
    all_ended = all(run.status in TERMINAL for run in runs)
    due_in_s = math.inf if all_ended else CHECK_S  # the results show the durations, which grow
    fragment_watch.drawn(current_state, drawn_state, due_in_s)


def _controls() -> tuple[float, str]:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(paragraph("Loss", "arkor-heading", tag="h2"), width="content")
        with st.popover("Curve", icon=":material/tune:", type="tertiary", key="curve"):
            return smoothing_and_axis()


def _runs(
    job_ids: Sequence[str], listed: dict[str, Job], feeds: Sequence[FeedSnapshot], axis_kind: str
) -> list[Run]:
    longest_ms = max((_elapsed_ms(feed) for feed in feeds), default=0.0)
    names = _names(job_ids, listed)
    runs = []
    for job_id, feed in zip(job_ids, feeds, strict=True):
        job = listed.get(job_id)
        axis = x_axis(
            axis_kind,
            feed.metrics,
            feed.facts.started_at_ms,
            longest_ms=longest_ms,
        )
        state = job_state(job, feed, time.time() * 1000)
        config = job.config if job else {}
        runs.append(Run(job_id, names[job_id], state.status, state.duration_s, feed.losses, axis, config))
    return runs


def _names(job_ids: Sequence[str], listed: Mapping[str, Job]) -> dict[str, str]:
    """The name of each job by its id. Jobs with the same name also get the end of their id."""
    known = {job_id: listed[job_id].name for job_id in job_ids if job_id in listed}
    names = {job_id: shortened(known.get(job_id) or job_id, NAME_LIMIT) for job_id in job_ids}
    shared = Counter(names.values())
    return {job_id: f"{name} · {job_id[-4:]}" if shared[name] > 1 else name for job_id, name in names.items()}


def _elapsed_ms(feed: FeedSnapshot) -> float:
    at_ms = feed.metrics.times.values
    return float(at_ms.max() - at_ms.min()) if len(at_ms) else 0.0


def _chart(runs: Sequence[Run], smoothing: float, versions: object) -> None:
    key = f"compare_{runs[0].axis.title}"
    cache_key = (key, versions, smoothing, [run.name for run in runs])
    chart = session.kept_chart()
    if chart is None or chart.key != cache_key:
        figure = wire_json(comparison_figure(runs, smoothing, WIDTH_PX, LIGHT))
        chart = session.ChartCache(cache_key, figure, summary(runs))
        session.keep_chart(chart)
    show_chart(chart.figure, key=key, alt=chart.alt, dark=DARK_COLOURS | RUN_COLOURS)


def _table(runs: Sequence[Run], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """An HTML table with a column for each run, whose head links to the job's page. All text is escaped."""
    heads = "".join(
        f'<th scope="col"><span class="arkor-swatch" style="background: var(--arkor-run-{i})"></span>'
        f'<a href="job?id={quote(run.id, safe="")}" target="_self">{escape(run.name)}</a></th>'
        for i, run in enumerate(runs)
    )
    body = "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(f"<td>{escape(shortened(text, CELL_LIMIT))}</td>" for text in texts)
        + "</tr>"
        for label, texts in rows
    )
    return (
        '<div class="arkor-compare-box" tabindex="0"><table class="arkor-compare">'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )
