"""The page of one job, live."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from arkor_dash.errors import JobNotFoundError
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedSnapshot, Interrupted
from arkor_dash.live.job_state import JobState, job_state
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import TERMINAL, Job
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import preload_plotly
from arkor_dash.ui.download import download_is_made
from arkor_dash.ui.job_editor import can_edit_jobs, edit_job, job_editor
from arkor_dash.ui.live_fragment import draw_lock, watch_fragment
from arkor_dash.ui.notifications import notify_of_other_jobs
from arkor_dash.ui.open_recording import recording_note
from arkor_dash.ui.resources import dashboard, shows_recording
from arkor_dash.ui.source_line import QUICK_ANSWER_S, REFRESH_S, source_notice

from . import wording
from .actions import is_cancelling, job_actions
from .artifacts_card import artifacts_card
from .banners import banners
from .chart_card import chart_card
from .config_card import config_card
from .environment_card import environment_card
from .event_log import event_log
from .export_menu import export_menu
from .job_end import is_final, lingers_in_s, listed_job, process_runs
from .metadata_card import metadata_card
from .metrics_card import metrics_card
from .output_card import output_card, output_is_being_read, output_is_open, output_version
from .page_head import no_job_page, page_head, set_job_tab_title
from .run_again import open_started_run

FIRST_LIST_WAIT_S = 2.0
NAME_LIMIT = 300


def job_page(job_id: str | None) -> None:
    """The page of the job, or a page that says why there is no job to show."""
    if not job_id:
        no_job_page("No job was named.", "The address of a job's page ends in ?id= and the job's ID.")
        return
    dash = dashboard()
    preload_plotly()
    # A job that is not in the list may be newer than the list.
    dash.jobs.refresh(0.0 if listed_job(dash, job_id) is None else REFRESH_S)
    if listed_job(dash, job_id) is None:
        dash.jobs.wait(FIRST_LIST_WAIT_S)
    if dash.output is not None:
        dash.output.attach(QUICK_ANSWER_S)  # the process of an ended job may still run
    source_notice()
    _live_page(job_id)
    job_editor()


@st.fragment
def _live_page(job_id: str) -> None:
    """The page, drawn again when its data change, until they can't change any more.

    One fragment draws the whole page, of the running and of the ended job. So every element stays in the browser when
    the job ends, and a click finds its fragment whenever it is made. With a second fragment, removed elements would
    stay on the page: Streamlit does not clear them if another fragment starts before it has sent the end of this one.
    """
    open_started_run(job_id)
    dash = dashboard()
    job = listed_job(dash, job_id)
    current_state = _state_reader(dash, job_id, job if output_is_open() else None)
    drawn_state = current_state()
    job_feed = dash.feeds.acquire(job_id)
    if job is not None and job.status in TERMINAL:
        job_feed.job_ended(job.status)
    with draw_lock:
        feed = job_feed.snapshot()
        final = is_final(dash, job_id, feed)
        is_pending = (
            process_runs(dash, job_id)
            or not download_is_made()()
            or session.rerun_in_progress(job_id) is not None
            or (output_is_open() and output_is_being_read(dash, job))
        )
        fragment_watch = watch_fragment("page", active=not final or is_pending)
        slow_parts = None
        if job is None and not feed.events and dash.jobs.snapshot().loaded:
            no_job_page("No such job", str(JobNotFoundError(job_id)))
        else:
            slow_parts = _draw(job_id, job, feed)
    if slow_parts is not None:
        slow_parts()
    notify_of_other_jobs(shown=job_id)
    if final or shows_recording():
        session.unwatch_job(job_id)
    else:
        session.watch_job(job_id)
    fragment_watch.drawn(current_state, drawn_state, _due_in_s(dash, job, feed, final=final))


def _state_reader(dash: Dashboard, job_id: str, read: Job | None) -> Callable[[], object]:
    """A function that returns the versions of everything that the page shows, apart from the time.

    Args: read: the job, if its output is shown.

    The server's event loop calls the function, so it neither blocks nor uses Streamlit. It also refreshes the list of
    jobs and keeps the feed open.
    """
    is_made, rerun = download_is_made(), session.rerun_in_progress(job_id)

    def current_state() -> object:
        dash.jobs.refresh(REFRESH_S)
        return (
            dash.feeds.acquire(job_id).version,
            dash.jobs.snapshot().version,
            dash.cancellations.is_requested(job_id),
            dash.cancellations.error(job_id),
            process_runs(dash, job_id),
            is_made(),
            rerun is None or rerun.done(),
            output_version(dash, read),
        )

    return current_state


def _due_in_s(dash: Dashboard, job: Job | None, feed: FeedSnapshot, *, final: bool) -> float:
    """Seconds until the page has to be drawn again without new data.

    A countdown may be shown, other jobs may have ended, the job may have become silent, or its process outlives it.
    """
    if final:
        return lingers_in_s(dash, job, feed) or math.inf
    if isinstance(feed.connection, Interrupted) or (job is not None and job.status in TERMINAL):
        return 1.0
    if set(session.watched_jobs()) - {feed.job_id}:
        return REFRESH_S
    return wording.status_text_due_in_s(feed, time.time() * 1000)


def _draw(job_id: str, job: Job | None, feed: FeedSnapshot) -> Callable[[], None]:
    """Draw the page, except for the slow parts, which read files or hold large ones.

    Returns: a function that draws the slow parts into their places.
    """
    now_ms = time.time() * 1000
    state = _state(job_id, job, feed, now_ms)
    name = shortened((job and job.name) or job_id, NAME_LIMIT)
    if job is not None and job.name:
        set_job_tab_title(job.name, state.status)
    with st.container(key="job_head", horizontal=True, vertical_alignment="bottom"):
        with st.container():
            status = wording.status_text(state, feed, now_ms)
            page_head(name, status, job.tags if job else (), job.notes if job else "")
        tools = st.container(key="job_tools", horizontal=True, vertical_alignment="center", width="content")
        with tools:
            job_actions(job_id, job, state, lingers=lingers_in_s(dashboard(), job, feed) == 0.0)
    main, side = st.columns([7, 3], gap="medium")
    with main:
        banners(state, feed)
        note = st.container()
        losses = chart_card(feed, ended=state.ended)
        event_log(feed, ended=state.ended)
        output_card(job)
    with side:
        metadata_card(job_id, job, feed, state, now_ms)
    artifacts, metrics = st.container(), st.container()
    with_config, with_environment = st.columns(2, gap="medium")
    with with_config:
        config_card(job)
    with with_environment:
        environment_card(feed.environment)

    def draw_slow_parts() -> None:
        with draw_lock, metrics:
            metrics_card(feed, losses)
        with tools:
            export_menu(job, feed, state)
            if job is not None and can_edit_jobs():
                _edit_button(job.id)
        with note:
            recording_note(feed)
        with artifacts:
            artifacts_card(job_id, feed.artifacts)

    return draw_slow_parts


def _edit_button(job_id: str) -> None:
    if st.button("Edit", key="job_edit", icon=":material/edit:", type="tertiary"):
        edit_job(job_id)


def _state(job_id: str, job: Job | None, feed: FeedSnapshot, now_ms: float) -> JobState:
    state = job_state(job, feed, now_ms, cancelling=is_cancelling(job_id))
    exists = job is not None or feed.facts.started or feed.facts.terminal
    if not exists and not dashboard().jobs.snapshot().loaded:
        return replace(state, status="unknown")
    return state
