"""The output of the job's run. It is read only while somebody looks at it."""

from __future__ import annotations

import streamlit as st

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.output.follower import RunOutputFeed
from arkor_dash.live.output.kept import KeptOutput
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.resources import dashboard
from arkor_dash.ui.run_log import output_download, output_lines
from arkor_dash.ui.text import paragraph

from .job_now import JobNow


def output_card(parts: LiveParts[JobNow]) -> None:
    """The output, or that the source keeps none of the job's run."""
    output = _output(dashboard(), parts.now.job)
    with st.container(border=True, key="output"):
        st.html(paragraph("Output", "arkor-heading", tag="h2"))
        if output is None:
            st.html(paragraph("The source of this job keeps no output.", "arkor-empty", role="status"))
        else:
            _draw(output, parts)


def _has_output(dash: Dashboard, job_id: str) -> bool:
    """Whether the source may have output of the job's run: it follows the run, or keeps the output of ended ones."""
    runner = dash.source.runner
    if runner is None or dash.output is None:
        return False
    return runner.keeps_runs or dash.output.shows(job_id)


def output_state(dash: Dashboard, job: Job | None) -> object:
    """Changes with all that the section shows apart from its lines; None without output.

    Any thread may call this. It keeps the reader going.
    """
    output = _output(dash, job)
    return None if output is None else (output.snapshot().state, output_is_being_read(dash, job))


def output_is_being_read(dash: Dashboard, job: Job | None) -> bool:
    """Whether the output of an ended run is being read. That of the current run says so itself."""
    output = _output(dash, job)
    return isinstance(output, KeptOutput) and output.is_being_read


def _output(dash: Dashboard, job: Job | None) -> RunOutputFeed | KeptOutput | None:
    """The reader of the job's output, shared by all viewers. Returns at once."""
    if job is None or not _has_output(dash, job.id):
        return None
    if dash.output is not None and dash.output.shows(job.id):
        return dash.output
    return dash.kept_outputs.acquire(job.id) if dash.kept_outputs is not None else None


def _draw(feed: RunOutputFeed | KeptOutput, parts: LiveParts[JobNow]) -> None:
    output = feed.snapshot()
    # While a run is in progress, the error is that another one could not be started.
    error = None if output.running else output.error
    interrupted = None if parts.now.lost_since_ms is not None else output.interrupted
    if problem := error or interrupted:
        st.html(paragraph(problem, "arkor-note", role="status"))
    if error and not output.total_lines:
        return
    placeholder = "Waiting for output…" if output.end is None else "The run has printed nothing."
    output_lines(feed, parts, "job_output", label="Output of this job", placeholder=placeholder)
    with st.container(horizontal=True, vertical_alignment="center"):
        output_download(feed, parts, "job_output")
