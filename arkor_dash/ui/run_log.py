"""The output of a run: its newest lines, and the download of all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from arkor_dash.live.file_stream import FileStream
from arkor_dash.live.output.follower import OutputSnapshot, RunOutputFeed
from arkor_dash.live.output.kept import KeptOutput
from arkor_dash.protocol.terminal import LINES_KEPT
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.row_cursor import NumberedRows
from arkor_dash.ui.browser.rows import show_rows

from . import session, shell
from .file_link import file_link
from .text import paragraph

HEIGHT_PX = 320


def run_log(feed: RunOutputFeed, output: OutputSnapshot, parts: LiveParts[Any]) -> None:
    """The output of the run that the Run training panel follows, and a link to its job. Nothing before the first."""
    if not (output.starting or output.running or output.total_lines):
        return
    output_lines(feed, parts, "run_log", label="Output of the run", placeholder="Waiting for output…")
    with st.container(horizontal=True, vertical_alignment="center"):
        if output.job_id:
            st.page_link(
                shell.JOB,
                label="Open the job",
                icon=":material/show_chart:",
                query_params={"id": output.job_id},
            )
        output_download(output, "run_log", feed.download)


def output_lines(
    feed: RunOutputFeed | KeptOutput, parts: LiveParts[Any], key: str, *, label: str, placeholder: str
) -> None:
    """The newest lines. Args: label: the list's name for screen readers, one for each list."""
    with st.container(key=key):
        show_rows(
            parts,
            (key, parts.view),
            lambda: _rows(feed.snapshot()),
            session.cursor(key),
            key=f"{key}_rows",
            kind="output",
            label=label,
            placeholder=placeholder,
            limit=LINES_KEPT,
            height_px=HEIGHT_PX,
        )


def _rows(output: OutputSnapshot) -> NumberedRows:
    return NumberedRows(output.generation, output.version, output.first_line, output.lines, is_open=True)


def output_download(output: OutputSnapshot, key: str, download: Callable[[], FileStream]) -> None:
    """The link to the whole output, and what to know about it."""
    file_link("Download the log", key, download)
    if output.begins_at:
        st.html(paragraph("Earlier lines are in the download.", "arkor-note"))
    elif output.first_line:
        st.html(paragraph(f"{output.first_line:,} earlier lines are in the download.", "arkor-note"))
    if output.download_problem:
        st.html(paragraph(output.download_problem, "arkor-note", role="alert"))
