"""The metadata of a job: status, times, model, data set, artifacts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.job_state import JobState
from arkor_dash.metrics.progress import progress
from arkor_dash.protocol.jobs import Job, base_model, dataset
from arkor_dash.ui.browser.facts import Fact, show_facts
from arkor_dash.ui.text import paragraph

from . import wording


def metadata_card(job_id: str, job: Job | None, feed: FeedSnapshot, state: JobState, now_ms: float) -> None:
    """Labels and values. For a running job also its progress, and how long ago its last event was."""
    facts = [
        Fact("Status", wording.status_text(state, feed, now_ms)),
        *_live_facts(job, feed, state, now_ms),
        _duration(state),
        Fact("Created", job.created_at.isoformat() if job and job.created_at else None, "time"),
        Fact("Started", _iso(state.started_at_ms), "time"),
        Fact("Completed", _iso(state.completed_at_ms), "time"),
        Fact("Base model", base_model(job) if job else None),
        Fact("Dataset", dataset(job) if job else None),
        Fact("Artifacts", None if state.artifacts is None else str(state.artifacts)),
        Fact("Job ID", job_id, "copy"),
    ]
    with st.container(border=True, key="metadata"):
        st.html(paragraph("Metadata", "arkor-heading", tag="h2"))
        show_facts(facts, key="metadata_facts")


def _duration(state: JobState) -> Fact:
    if state.duration_s is None:
        return Fact("Duration", None)
    if not state.ended:
        return Fact("Duration", f"{state.duration_s:.1f}", "running")
    return Fact("Duration", str(timedelta(seconds=int(state.duration_s))))


def _iso(at_ms: float | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _live_facts(job: Job | None, feed: FeedSnapshot, state: JobState, now_ms: float) -> list[Fact]:
    if state.ended:
        return []
    facts: list[Fact] = []
    done = progress(job.config, feed.metrics) if job else None
    if done:
        facts.append(Fact("Progress", wording.progress_text(done)))
        facts.append(
            Fact(
                "Time left",
                None if wording.is_silent(state, feed, now_ms) else wording.time_left_text(done),
                meaning="At the pace of the last 500 reports.",
            )
        )
    age_s = wording.since_last_event_s(feed, now_ms)
    if age_s is not None:
        facts.append(Fact("Last event", f"{age_s:.1f}", "ago"))
    return facts
