"""Notifications of jobs that the viewer has seen running, while another page is open."""

from __future__ import annotations

import time

import streamlit as st

from arkor_dash.live.job_state import job_state
from arkor_dash.metrics.findings import DIVERGED, findings
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import CANCELLED, COMPLETED, Job

from . import session
from .keys import key_part
from .resources import dashboard, shows_recording
from .tab import mark_tab
from .text import markdown_text

NAME_LIMIT = 60
ICONS = {COMPLETED: ":material/check_circle:", CANCELLED: ":material/cancel:"}


def notify_of_other_jobs(shown: str | None = None) -> None:
    """A toast and a mark on the tab for each watched job that has ended or diverged.

    Args: shown: the id of the job whose page is open. That page shows the change anyway, so it needs no toast.
    """
    if shows_recording():
        return
    dash = dashboard()
    listed = {job.id: job for job in dash.jobs.snapshot().jobs} if session.watched_jobs() else {}
    for job_id in session.watched_jobs():
        if job_id != shown:
            _notify_of(job_id, listed.get(job_id))


def _notify_of(job_id: str, job: Job | None) -> None:
    feed = dashboard().feeds.acquire(job_id).snapshot()
    state = job_state(job, feed, time.time() * 1000)
    name = shortened((job and job.name) or job_id, NAME_LIMIT)
    diverged = any(found.title == DIVERGED and found.lasting for found in findings(feed.losses))
    if state.ended:
        session.unwatch_job(job_id)
        _toast(f"{name}: {state.status}.", ICONS.get(state.status, ":material/error:"))
    elif session.has_changed(f"diverged_{key_part(job_id)}", diverged) and diverged:
        _toast(f"{name}: the loss has diverged.", ":material/warning:")


def _toast(text: str, icon: str) -> None:
    st.toast(markdown_text(text), icon=icon, duration="long")
    mark_tab()
