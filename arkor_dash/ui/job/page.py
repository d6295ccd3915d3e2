"""The page of one job, live."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape

import streamlit as st

from arkor_dash.errors import JobNotFoundError
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import Closed, FeedSnapshot, Interrupted, Refused
from arkor_dash.live.job_state import job_state
from arkor_dash.protocol.jobs import CANCELLED, COMPLETED, FAILED, TERMINAL, Job
from arkor_dash.ui import session, shell
from arkor_dash.ui.browser import components
from arkor_dash.ui.live_fragment import DRAWING, awake
from arkor_dash.ui.notifications import announce
from arkor_dash.ui.open_recording import recording_note
from arkor_dash.ui.resources import dashboard, shows_recording
from arkor_dash.ui.source_line import REFRESH_S, source_line, source_notice
from arkor_dash.ui.tab import tab_title
from arkor_dash.ui.text import paragraph, shortened

from . import wording
from .actions import is_cancelling, job_actions
from .artifacts_card import artifacts_card
from .banners import banners
from .chart_card import chart_card
from .event_log import event_log
from .export_menu import export_menu
from .metadata_card import metadata_card

FIRST_LIST_WAIT_S = 2.0
NAME_LIMIT = 300
CRUMB_LIMIT = 60
MARKS = {COMPLETED: "✓ ", FAILED: "✗ ", CANCELLED: "– "}
"""How the tab's title tells that a job has ended."""


def job_page(job_id: str | None) -> None:
    """The page of the job, or a word on why there is none to show."""
    if not job_id:
        _problem("No job was named.", "The address of a job's page ends in ?id= and the job's ID.")
        return
    dash = dashboard()
    components.preload()
    dash.jobs.refresh(0.0 if _polled(job_id) is None else REFRESH_S)  # a new job may be newer than the list
    if _polled(job_id) is None:
        dash.jobs.wait(FIRST_LIST_WAIT_S)
    source_notice()
    job = _polled(job_id)
    feed = dash.feeds.acquire(job_id).snapshot()
    if job is not None and job.name:
        status = job_state(job, feed, time.time() * 1000).status
        tab_title(MARKS.get(status, "") + shortened(job.name, CRUMB_LIMIT))
    # One place for all that follows: Streamlit knows a fragment by its function and its place.
    with st.empty():
        if _finished(job_id, feed):
            st.fragment(_live_page)(job_id, _Ended())
            _still_page(job_id)
        else:
            st.fragment(_live_page)(job_id)
    artifacts_card(job_id, live=not _finished(job_id, feed))


@dataclass(slots=True)
class _Ended:
    """What is left of the live page once its job has ended; `known` from its second run on."""

    known: bool = False


def _live_page(job_id: str, ended: _Ended | None = None) -> None:
    """The page, kept up. Once the job has `ended`, only what answers to a click that was made a moment before.

    Streamlit passes a click over whose fragment is gone: the switch would turn in the browser, and nothing else.
    """
    if ended is None:
        kept_up = awake("page")
        look = _look(dashboard(), job_id)
        saw = look()
        feed = _draw(job_id)
        if _finished(job_id, feed):
            st.rerun()  # draws the page once more, not to be kept up
        kept_up.drawn(look, saw, _due_in_s(job_id, feed))
    elif ended.known:
        st.rerun()
    else:
        ended.known = True


@st.fragment
def _still_page(job_id: str) -> None:
    """A fragment of its own: a late run of the live one would make Streamlit drop what this one has not sent yet."""
    if not _finished(job_id, _draw(job_id)):
        st.rerun()  # the stream was opened once more


def _look(dash: Dashboard, job_id: str) -> Callable[[], object]:
    """Tells what the page depends on, beside the time and what the viewer does; keeps the list and the feed going."""
    is_made = session.download_is_made()

    def look() -> object:
        dash.jobs.refresh(REFRESH_S)
        return (
            dash.feeds.acquire(job_id).version,
            dash.jobs.snapshot().version,
            dash.cancellations.under_way(job_id),
            dash.cancellations.problem(job_id),
            is_made(),
        )

    return look


def _due_in_s(job_id: str, feed: FeedSnapshot) -> float:
    """When the page changes though nothing happens: a wait that is counted down, or a job that has gone silent."""
    job = _polled(job_id)
    if isinstance(feed.connection, Interrupted) or (job is not None and job.status in TERMINAL):
        return 1.0
    if set(session.watched()) - {job_id}:
        return REFRESH_S  # to tell of the others
    return wording.next_word_in_s(feed, time.time() * 1000)


def _draw(job_id: str) -> FeedSnapshot:
    """Draw the page as it is now; returns what it was made from."""
    dash = dashboard()
    dash.jobs.refresh(REFRESH_S)
    watched = dash.feeds.acquire(job_id)
    job = _polled(job_id)
    if job is not None and job.status in TERMINAL:
        watched.job_ended(job.status)
    with DRAWING:
        feed = watched.snapshot()
        if job is None and not feed.events and dash.jobs.snapshot().loaded:
            _problem("No such job", str(JobNotFoundError(job_id)))
        else:
            _page(job_id, job, feed)
    announce(shown=job_id)
    if _finished(job_id, feed) or shows_recording():
        session.unwatch(job_id)
    else:
        session.watch(job_id)
    return feed


def _page(job_id: str, job: Job | None, feed: FeedSnapshot) -> None:
    now_ms = time.time() * 1000
    now = job_state(job, feed, now_ms, cancelling=is_cancelling(job_id))
    if (
        job is None
        and not dashboard().jobs.snapshot().loaded
        and not (feed.facts.started or feed.facts.terminal)
    ):
        now = replace(now, status="unknown")
    with st.container(key="job_head", horizontal=True, vertical_alignment="bottom"):
        with st.container():
            _heading(
                shortened((job and job.name) or job_id, NAME_LIMIT), wording.status_text(now, feed, now_ms)
            )
        with st.container(key="job_tools", horizontal=True, vertical_alignment="center", width="content"):
            job_actions(job_id, job, now, settled=_finished(job_id, feed))
            export_menu(job, feed, now, ticking=not _finished(job_id, feed))
    main, side = st.columns([7, 3], gap="medium")
    with main:
        banners(now, feed)
        recording_note(feed)
        chart_card(feed, ended=now.ended)
        event_log(feed, ended=now.ended)
    with side:
        metadata_card(job_id, job, feed, now, now_ms)


def _polled(job_id: str) -> Job | None:
    return next((job for job in dashboard().jobs.snapshot().jobs if job.id == job_id), None)


def _finished(job_id: str, feed: FeedSnapshot) -> bool:
    """Nothing more will come: the job has ended and its stream with it, or there is no such job.

    While the list of jobs fails, that it is back will.
    """
    if dashboard().jobs.snapshot().error is not None:
        return False
    if isinstance(feed.connection, Refused) and feed.connection.not_found:
        return True
    ended = job_state(_polled(job_id), feed, time.time() * 1000).ended
    return ended and isinstance(feed.connection, (Closed, Refused))


def _heading(name: str, status: str) -> None:
    with st.container(gap="xsmall"):
        with st.container(key="breadcrumb", horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.page_link(shell.JOBS, label="Jobs")
            st.html(paragraph(f"/ {shortened(name, CRUMB_LIMIT)}", "arkor-crumb"), width="content")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(paragraph(name, "arkor-title", tag="h1"), width="content")
            with st.container(key="job_status", width="content"):
                st.html(_chip(status), width="content")
        source_line()


def _chip(status: str) -> str:
    class_name = "".join(
        letter if letter.isascii() and letter.isalpha() else "-" for letter in status.lower()
    )
    return f'<span class="arkor-chip arkor-status-{class_name}" role="status">{escape(shortened(status, 40))}</span>'


def _problem(title: str, description: str) -> None:
    st.html(paragraph(title, "arkor-title", tag="h1"))
    st.html(paragraph(description, "arkor-note", role="status"))
    st.page_link(shell.JOBS, label="All jobs", icon=":material/list:")
