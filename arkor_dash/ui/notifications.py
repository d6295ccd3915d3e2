"""News of the jobs that a viewer watched, while another page is open."""

from __future__ import annotations

import time

import streamlit as st

from arkor_dash.live.job_state import job_state
from arkor_dash.metrics.findings import DIVERGED, findings
from arkor_dash.protocol.jobs import COMPLETED, Job

from . import session
from .resources import dashboard, shows_recording
from .tab import call_back
from .text import markdown_text, shortened

NAME_LIMIT = 60


def announce(shown: str | None = None) -> None:
    """A toast, and a mark on the tab, for each watched job but the one that is `shown` that ended or diverged."""
    if shows_recording():
        return
    dash = dashboard()
    polled = {job.id: job for job in dash.jobs.snapshot().jobs} if session.watched() else {}
    for job_id in session.watched():
        if job_id != shown:
            _look(job_id, polled.get(job_id))


def _look(job_id: str, job: Job | None) -> None:
    feed = dashboard().feeds.acquire(job_id).snapshot()
    now = job_state(job, feed, time.time() * 1000)
    name = shortened((job and job.name) or job_id, NAME_LIMIT)
    diverged = any(
        found.title == DIVERGED and found.lasting for found in findings(feed.losses.train, feed.losses.eval)
    )
    if now.ended:
        session.unwatch(job_id)
        icon = ":material/check_circle:" if now.status == COMPLETED else ":material/error:"
        _say(f"{name}: {now.status}.", icon)
    elif session.is_news(f"diverged {job_id}", diverged) and diverged:
        _say(f"{name}: the loss has diverged.", ":material/warning:")


def _say(text: str, icon: str) -> None:
    st.toast(markdown_text(text), icon=icon, duration="long")
    call_back()
