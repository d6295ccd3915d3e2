"""The output of the run that the Run training panel follows."""

from __future__ import annotations

import streamlit as st

from arkor_dash.live.output.follower import OutputSnapshot, RunOutputFeed
from arkor_dash.protocol.terminal import LINES_KEPT
from arkor_dash.ui.browser.rows import show_rows

from . import session, shell
from .file_link import file_link
from .text import paragraph

HEIGHT_PX = 320


def run_log(feed: RunOutputFeed, output: OutputSnapshot) -> None:
    """The lines of the output, a link to the job, and the download of the whole log. Nothing before a first run."""
    if not (output.starting or output.running or output.total_lines):
        return
    cursor = session.cursor("run_log")
    with st.container(key="run_log"):
        show_rows(
            cursor.next_update(output.generation, output.first_line, output.lines),
            key="run_log_rows",
            kind="output",
            label="Output of the run",
            placeholder="Waiting for output…",
            limit=LINES_KEPT,
            height_px=HEIGHT_PX,
            on_gap=cursor.restart,
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        if output.job_id:
            st.page_link(
                shell.JOB,
                label="Open the job",
                icon=":material/show_chart:",
                query_params={"id": output.job_id},
            )
        file_link("Download the log", "run_log", feed.download)
        if output.first_line:
            st.html(paragraph(f"{output.first_line:,} earlier lines are in the download.", "arkor-note"))
        if output.download_problem:
            st.html(paragraph(output.download_problem, "arkor-note", role="alert"))
