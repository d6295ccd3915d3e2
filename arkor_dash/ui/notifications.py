"""Notifications of jobs that the viewer has seen running, while another page is open."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedRegistry
from arkor_dash.live.job_state import JobState, job_state
from arkor_dash.metrics.findings import DIVERGED, findings
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import CANCELLED, COMPLETED, TERMINAL

from . import session
from .keys import key_part
from .resources import dashboard, shows_recording
from .tab import mark_tab
from .text import markdown_text

NAME_LIMIT = 60
DIVERGENCE_S = 5.0
"""Seconds between two looks at the losses of a job whose page is not open."""
ICONS = {COMPLETED: ":material/check_circle:", CANCELLED: ":material/cancel:"}


def news_of(dash: Dashboard, watched: Sequence[str]) -> object:
    """Changes when one of the watched jobs ends or diverges. Any thread may call this."""
    slot = int(time.monotonic() / DIVERGENCE_S)
    return [(_state(dash, job_id).ended, _has_diverged(dash.feeds, job_id, slot)) for job_id in watched]


def notify_of_other_jobs(shown: str | None = None) -> None:
    """A toast and a mark on the tab for each watched job that has ended or diverged.

    Args: shown: the id of the job whose page is open. That page shows the change anyway, so it needs no toast.
    """
    if shows_recording():
        return
    for job_id in session.watched_jobs():
        if job_id != shown:
            _notify_of(dashboard(), job_id)


def _notify_of(dash: Dashboard, job_id: str) -> None:
    job, state = dash.jobs.job(job_id), _state(dash, job_id)
    name = shortened((job and job.name) or job_id, NAME_LIMIT)
    diverged = _has_diverged(dash.feeds, job_id, int(time.monotonic() / DIVERGENCE_S))
    if state.ended:
        session.unwatch_job(job_id)
        if job is not None and job.status not in TERMINAL:
            dash.jobs.fetch_anew()  # the list on the page is to say so, too
        _toast(f"{name}: {state.status}.", ICONS.get(state.status, ":material/error:"))
    elif session.has_changed(f"diverged_{key_part(job_id)}", diverged) and diverged:
        _toast(f"{name}: the loss has diverged.", ":material/warning:")


def _state(dash: Dashboard, job_id: str) -> JobState:
    return job_state(dash.jobs.job(job_id), dash.feeds.acquire(job_id).snapshot(), time.time() * 1000)


@lru_cache(maxsize=4 * session.WATCHED_JOBS)
def _has_diverged(feeds: FeedRegistry, job_id: str, _slot: int) -> bool:
    """Whether the loss has diverged for good, looked up once in `DIVERGENCE_S`."""
    losses = feeds.acquire(job_id).snapshot().losses
    return any(found.title == DIVERGED and found.lasting for found in findings(losses))


def _toast(text: str, icon: str) -> None:
    st.toast(markdown_text(text), icon=icon, duration="long")
    mark_tab()
