"""The card of the run that is on, or else of the one that has ended last, on the Overview page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import streamlit as st

from arkor_dash.charts.curve import CurveOptions
from arkor_dash.charts.x_axis import BY_STEP
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedSnapshot, wait_for_first_events
from arkor_dash.live.parts import Shared
from arkor_dash.metrics.groups import metric_groups
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import CANCELLING, RUNNING, TERMINAL, Job
from arkor_dash.ui.browser.chart import preload_plotly, show_growing_chart
from arkor_dash.ui.browser.chart_view import Zoom, view_of
from arkor_dash.ui.browser.figures import figures_part, show_figures
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.job.chart_card import shared_chart
from arkor_dash.ui.job.chart_subject import ChartSubject, losses_of, metric_of
from arkor_dash.ui.job.figures_strip import figures
from arkor_dash.ui.job.job_now import JobNow, job_now
from arkor_dash.ui.job.wording import failure_reason, no_loss_text

from . import session, shell
from .live_fragment import draw_lock, is_connected, watch_fragment
from .resources import dashboard
from .source_line import QUICK_ANSWER_S, REFRESH_S
from .text import markdown_text, paragraph, status_chip

KIND = "current_run"
NAME_LIMIT = 80
ERROR_LIMIT = 200
OPTIONS = CurveOptions(BY_STEP)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class CurrentRun(NamedTuple):
    """The job that the card shows, None if there is none, and how many others run."""

    job_id: str | None
    others: int


def current_run_of(jobs: Iterable[Job]) -> CurrentRun:
    """The newest running job, else the job that has ended last. Archived jobs that have ended don't count."""
    known = list(jobs)
    running = [job for job in known if job.status in (RUNNING, CANCELLING)]
    if running:
        newest = max(running, key=lambda job: job.created_at or _LONG_AGO)
        return CurrentRun(newest.id, len(running) - 1)
    ended = [job for job in known if job.status in TERMINAL and not job.archived]
    last = max(ended, key=lambda job: job.completed_at or job.created_at or _LONG_AGO, default=None)
    return CurrentRun(last.id if last else None, 0)


@st.fragment
def current_run() -> None:
    """The card, drawn again when its data change. Nothing before the first run."""
    preload_plotly()
    fragment_watch = watch_fragment("current_run")
    dash = dashboard()
    dash.jobs.refresh(REFRESH_S)
    dash.jobs.wait(QUICK_ANSWER_S)

    def chosen(_shared: Shared | None = None) -> CurrentRun:
        dash.jobs.refresh(REFRESH_S)
        return current_run_of(dash.jobs.snapshot().jobs)

    shown = chosen()
    if shown.job_id is None:
        fragment_watch.drawn(chosen, shown)
        return
    _wait_for_first_events(dash, shown.job_id)
    with draw_lock:
        now = job_now(dash, shown.job_id)
        if now.job is not None and now.job.status in TERMINAL:
            dash.feeds.acquire(shown.job_id).job_ended(now.job.status)
        parts = LiveParts(now, partial(job_now, dash, shown.job_id), ("job", dash.feeds.number, shown.job_id))
        dash.feeds.hold(shown.job_id, fragment_watch, is_connected())
        with st.container(border=True, key=KIND):
            _draw(parts, shown.others)
    structure, drawn_structure = parts.structure()
    fragment_watch.drawn(
        lambda shared: (chosen(), structure(shared)), (shown, drawn_structure), parts=parts.drawn
    )


def _wait_for_first_events(dash: Dashboard, job_id: str) -> None:
    is_unread = not dash.feeds.was_acquired(job_id)
    feed = dash.feeds.acquire(job_id)
    if is_unread:
        wait_for_first_events(feed, QUICK_ANSWER_S)


def _draw(parts: LiveParts[JobNow], others: int) -> None:
    _head(parts)
    read = parts.read
    part = figures_part(("figures", parts.view), lambda: tuple(figures(read())))
    show_figures(parts, part, key=f"{KIND}_figures", label="Figures of the run")
    _chart(parts)
    if others:
        st.page_link(
            shell.JOBS,
            label=f"{others} more {'is' if others == 1 else 'are'} running",
            icon=":material/stacks:",
            query_params={"status": "Running"},
        )


def _head(parts: LiveParts[JobNow]) -> None:
    """What the card shows, the job's name, which leads to its page, its status, and why it has failed."""
    parts.depends("current head", _named)
    job, state = parts.now.job, parts.now.state
    with st.container(horizontal=True, vertical_alignment="center", key=f"{KIND}_head", gap="xsmall"):
        heading = "Latest run" if state.ended else "Now running"
        # The style sheet keeps the place of the figures until they are there.
        of_evals = " arkor-has-evals" if parts.now.feed.losses.main_evals else ""
        st.html(paragraph(heading, f"arkor-heading{of_evals}", tag="h2"), width="content")
        name = shortened((job and job.name) or parts.now.job_id, NAME_LIMIT)
        st.page_link(shell.JOB, label=markdown_text(name), query_params={"id": parts.now.job_id})
        st.html(status_chip(parts.now.status_text), width="content")
    if state.error:
        reason = shortened(failure_reason(state.error), ERROR_LIMIT)
        st.html(paragraph(reason, "arkor-banner", tag="div"))


def _named(now: JobNow) -> object:
    has_evals = bool(now.feed.losses.main_evals)
    return now.job and now.job.name, now.status_text, now.state.error, has_evals


def _chart(parts: LiveParts[JobNow]) -> None:
    """The curve, without controls: those are on the job's page."""
    subject = _subject(parts.now.feed)
    parts.depends("current chart", lambda now: _frame(_subject(now.feed)))
    with st.container(key=f"{KIND}_chart"):
        if subject.empty:
            st.html(paragraph(no_loss_text(parts.now.state.ended), "arkor-empty", role="status"))
            return
        key, zoom = f"{KIND}_{subject.id}", Zoom("zoom", OPTIONS.axis.title)
        view = view_of(key, zoom)
        chart, update = shared_chart(parts.view, partial(_read, parts.read), OPTIONS, view)
        update()
        cursor = session.chart_cursor(KIND)
        show_growing_chart(parts, chart, update, cursor, key=key, zoom=zoom, has_own_png=True)


def _subject(feed: FeedSnapshot) -> ChartSubject:
    """The losses, or the first metric of a run that has reported others only."""
    groups = metric_groups(feed.metrics.metrics) if feed.losses.empty else []
    return metric_of(feed, groups[0].metrics[0], "loss") if groups else losses_of(feed)


def _frame(subject: ChartSubject) -> object:
    return subject.id, subject.empty


def _read(read: Callable[[], JobNow]) -> tuple[ChartSubject, FeedSnapshot]:
    feed = read().feed
    return _subject(feed), feed
