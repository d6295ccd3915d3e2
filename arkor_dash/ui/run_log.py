"""The output of a run: its newest lines, and the download of all of it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from arkor_dash.live.output.follower import OutputSnapshot, RunOutputFeed
from arkor_dash.live.output.kept import KeptOutput
from arkor_dash.protocol.terminal import LINES_KEPT
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.output_row import output_row
from arkor_dash.ui.browser.row_cursor import NumberedRows
from arkor_dash.ui.browser.rows import show_rows
from arkor_dash.ui.browser.texts import Text, show_texts, texts_part

from . import session, shell
from .file_link import file_link


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
        output_download(feed, parts, "run_log")


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
        )


def _rows(output: OutputSnapshot) -> NumberedRows:
    return NumberedRows(
        output.generation, output.version, output.first_line, output.lines, is_open=True, row=output_row
    )


def output_download(feed: RunOutputFeed | KeptOutput, parts: LiveParts[Any], key: str) -> None:
    """The link to the whole output, and what to know about it."""
    file_link("Download the log", key, feed.download)
    notes = texts_part(("download", key, parts.view), lambda: download_notes(feed.snapshot()))
    show_texts(parts, notes, key=f"{key}_notes", width="content")


def download_notes(output: OutputSnapshot) -> list[Text]:
    """Which lines are in the download only, and why it failed."""
    notes = []
    if output.begins_at:
        notes.append(Text("Earlier lines are in the download."))
    elif output.first_line:
        notes.append(Text(f"{output.first_line:,} earlier lines are in the download."))
    if output.download_problem:
        notes.append(Text(output.download_problem, role="alert"))
    return notes
