"""The metadata of a job: status, times, model, data set, artifacts."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from arkor_dash.live.job_state import JobState
from arkor_dash.metrics.progress import progress
from arkor_dash.protocol.jobs import base_model, dataset
from arkor_dash.ui.browser.facts import Fact, facts_part, show_facts
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.clock import clock_duration
from arkor_dash.ui.text import paragraph

from . import wording
from .job_now import JobNow


def metadata_card(parts: LiveParts[JobNow]) -> None:
    """Labels and values of the job."""
    read = parts.read
    with st.container(border=True, key="metadata"):
        st.html(paragraph("Metadata", "arkor-heading", tag="h2"))
        show_facts(
            parts, facts_part(("metadata", parts.view), lambda: metadata(read())), key="metadata_facts"
        )


def metadata(now: JobNow) -> list[Fact]:
    """What is known of the job. For a running job also its progress, and how long ago its last event was."""
    job, state = now.job, now.state
    return [
        Fact("Status", now.status_text),
        *_live_facts(now),
        _duration(state, now.lost_since_ms),
        Fact("Created", job.created_at.isoformat() if job and job.created_at else None, "time"),
        Fact("Started", _iso(state.started_at_ms), "time"),
        Fact("Completed", _iso(state.completed_at_ms), "time"),
        Fact("Base model", base_model(job) if job else None),
        Fact("Dataset", dataset(job) if job else None),
        _artifacts(state, len(now.feed.artifacts)),
        Fact("Job ID", now.job_id, "copy"),
    ]


def _artifacts(state: JobState, saved: int) -> Fact:
    """The final artifacts. If more were saved, as checkpoints, it says so: the tab counts all."""
    if state.artifacts is None:
        unit = "" if state.ended else "so far"
        return Fact("Artifacts", str(saved), unit=unit) if saved else Fact("Artifacts", None)
    return Fact("Artifacts", str(state.artifacts), unit="final" if saved > state.artifacts else "")


def _duration(state: JobState, lost_since_ms: float | None) -> Fact:
    """The duration, which counts while the job runs and the source answers."""
    if state.duration_s is None or state.started_at_ms is None:
        return Fact("Duration", None)
    if state.ended:
        return Fact("Duration", clock_duration(state.duration_s))
    if lost_since_ms is None:
        return Fact("Duration", f"{state.started_at_ms}", "running")
    return Fact("Duration", clock_duration(max(0.0, lost_since_ms - state.started_at_ms) / 1000))


def _iso(at_ms: float | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _live_facts(now: JobNow) -> list[Fact]:
    job, feed, state = now.job, now.feed, now.state
    if state.ended:
        return []
    facts: list[Fact] = []
    done = progress(job.config, feed.metrics) if job else None
    if done:
        facts.append(Fact("Progress", wording.progress_text(done)))
        facts.append(
            Fact(
                "Time left",
                wording.time_left_text(done) if now.is_going_on else None,
                meaning="At the pace of the last 500 reports.",
            )
        )
    if feed.last_event_at_ms is not None:
        facts.append(
            Fact("Last event", f"{feed.last_event_at_ms}", "ago")
            if now.lost_since_ms is None
            else Fact("Last event", _iso(feed.last_event_at_ms), "time")
        )
    return facts
