"""The page of one job, live."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from arkor_dash.errors import JobNotFoundError
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import Interrupted, wait_for_first_events
from arkor_dash.protocol.jobs import QUEUED, TERMINAL, Job
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import preload_plotly
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.download import download_is_made
from arkor_dash.ui.job_editor import can_edit_jobs, edit_job, job_editor
from arkor_dash.ui.live_fragment import draw_lock, is_connected, watch_fragment
from arkor_dash.ui.notifications import news_of, notify_of_other_jobs
from arkor_dash.ui.open_recording import recording_note
from arkor_dash.ui.resources import dashboard, shows_recording
from arkor_dash.ui.source_line import QUICK_ANSWER_S, REFRESH_S, source_notice

from .actions import job_actions
from .artifacts_card import artifacts_card
from .banners import banners
from .chart_card import chart_card
from .config_card import config_card
from .event_log import event_log
from .export_menu import export_menu
from .figures_strip import figures_strip
from .job_end import is_final
from .job_now import JobNow, job_now
from .metrics_card import metric_names, metrics_card, restart_small_charts
from .output_card import output_card, output_is_being_read, output_state
from .page_head import no_job_page, page_head, set_job_tab_title
from .run_again import open_started_run
from .side_column import side_column
from .tabs import ARTIFACTS, CONFIG, METRICS, OUTPUT, OVERVIEW, PANEL, OpenTab, job_tabs, open_tab

FIRST_LIST_WAIT_S = 2.0
FIRST_EVENTS_WAIT_S = 0.25
"""How long the page of a job that nobody has read yet waits for its events. It is drawn anew with later ones."""


def job_page(job_id: str | None) -> None:
    """The page of the job, or a page that says why there is no job to show."""
    if not job_id:
        no_job_page("No job was named.", "The address of a job's page ends in ?id= and the job's ID.")
        return
    dash = dashboard()
    preload_plotly()
    is_first = not dash.feeds.was_acquired(job_id)
    feed = dash.feeds.acquire(job_id)  # begins to read, if that is not done yet
    is_unread = is_first or not feed.has_events
    # A job that is not in the list may be newer than the list.
    dash.jobs.refresh(0.0 if dash.jobs.job(job_id) is None else REFRESH_S)
    if dash.jobs.job(job_id) is None:
        dash.jobs.wait(FIRST_LIST_WAIT_S)
    if dash.output is not None:
        dash.output.attach(QUICK_ANSWER_S)  # the process of an ended job may still run
    job = dash.jobs.job(job_id)
    if is_unread and job is not None and job.status != QUEUED:
        wait_for_first_events(feed, FIRST_EVENTS_WAIT_S)
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
    with draw_lock:
        now = job_now(dash, job_id)
        if now.job is not None and now.job.status in TERMINAL:
            dash.feeds.acquire(job_id).job_ended(now.job.status)
        parts = LiveParts(now, partial(job_now, dash, job_id), ("job", dash.feeds.number, job_id))
        tab = open_tab(job_id)
        shows_output = tab.name == OUTPUT
        own = _own_state(dash, job_id, now.job if shows_output else None)
        drawn_own = own()
        final = is_final(now.listing, now.state, now.feed)
        is_pending = (
            now.may_run
            or not download_is_made()()
            or session.rerun_in_progress(job_id) is not None
            or (shows_output and output_is_being_read(dash, now.job))
        )
        fragment_watch = watch_fragment("page", active=not final or is_pending)
        dash.feeds.hold(job_id, fragment_watch, is_connected())
        slow_parts = None
        parts.depends("exists", _exists)
        if _exists(now):
            slow_parts = _draw(parts, tab)
        else:
            no_job_page("No such job", str(JobNotFoundError(job_id)))
    if slow_parts is not None:
        slow_parts()
    notify_of_other_jobs(shown=job_id)
    if final or shows_recording():
        session.unwatch_job(job_id)
    else:
        session.watch_job(job_id)
    structure, drawn_structure = parts.structure()
    fragment_watch.drawn(
        lambda shared: (own(), structure(shared)),
        (drawn_own, drawn_structure),
        _due_in_s(now, final=final),
        parts.drawn,
    )


def _exists(now: JobNow) -> bool:
    """Whether there is such a job, as far as is known."""
    return now.job is not None or bool(now.feed.events) or not now.listing.loaded


def _own_state(dash: Dashboard, job_id: str, read: Job | None) -> Callable[[], object]:
    """A function that returns what this viewer's page depends on, besides the job. It refreshes the list of jobs.

    Args: read: the job, if its output is shown.
    """
    is_made, rerun = download_is_made(), session.rerun_in_progress(job_id)
    others = [other for other in session.watched_jobs() if other != job_id]

    def current_state() -> object:
        dash.jobs.refresh(REFRESH_S)
        return is_made(), rerun is None or rerun.done(), output_state(dash, read), news_of(dash, others)

    return current_state


def _due_in_s(now: JobNow, *, final: bool) -> float:
    """Seconds until the page has to be drawn again without new data: a countdown may be shown."""
    if final:
        return math.inf
    if isinstance(now.feed.connection, Interrupted) or (now.job is not None and now.job.status in TERMINAL):
        return 1.0
    return math.inf


def _draw(parts: LiveParts[JobNow], tab: OpenTab) -> Callable[[], None]:
    """Draw the page with the open tab, except for the slow parts, which read files or hold large ones.

    Returns: a function that draws the slow parts into their places.
    """
    now = parts.now
    job, feed = now.job, now.feed
    parts.depends("job", lambda now: (_steady(now.job), replace(now.state, duration_s=None)))
    parts.depends("artifacts", lambda now: (now.feed.artifacts, now.feed.environment))
    parts.depends("metrics", metric_names)
    if job is not None and job.name:
        set_job_tab_title(job.name, now.state.status)
    with st.container(key="job_head", horizontal=True, vertical_alignment="center"):
        with st.container():
            page_head(parts)
        tools = st.container(key="job_tools", horizontal=True, vertical_alignment="center", width="content")
        with tools:
            job_actions(parts)
    figures_strip(parts)
    job_tabs(parts, tab)
    if session.has_changed("job_tab", (now.job_id, tab.name)):
        _restart_charts()
    with st.container(key="job_body"):
        main, side = st.columns([7, 3], gap="medium")
    with main:
        banners(parts)
        note = st.container()
        panel = st.container(key=PANEL)
    with panel:
        _draw_tab(parts, tab.name)
    with side:
        side_column(parts, tab.name)

    def draw_slow_parts() -> None:
        if tab.name == ARTIFACTS:
            with panel:
                artifacts_card(now.job_id, feed.artifacts)
        with tools:
            export_menu(parts, shows_chart=tab.name == OVERVIEW)
            if job is not None and can_edit_jobs():
                _edit_button(job.id)
        with note:
            recording_note(feed)

    return draw_slow_parts


def _draw_tab(parts: LiveParts[JobNow], tab: str) -> None:
    """The content of the open tab, if it is quickly drawn. The others cost nothing."""
    if tab == OVERVIEW:
        chart_card(parts)
        event_log(parts)
    elif tab == METRICS:
        metrics_card(parts)
    elif tab == OUTPUT:
        output_card(parts)
    elif tab == CONFIG:
        config_card(parts.now.job)


def _restart_charts() -> None:
    """Send the charts as a whole: the browser forgets them with the tab."""
    for kind in ("loss", "metric"):
        session.chart_cursor(kind).restart()
    restart_small_charts()


def _steady(job: Job | None) -> Job | None:
    """The job without what changes with its reports, and shows in its status only."""
    return job and replace(job, silent_since=None)


def _edit_button(job_id: str) -> None:
    if st.button("Edit", key="job_edit", icon=":material/edit:", type="tertiary"):
        edit_job(job_id)
