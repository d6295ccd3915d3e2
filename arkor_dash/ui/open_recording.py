"""Opens a recording: from the viewer's disk, from ARKOR_DASH_RECORDINGS_DIR, or by the page's address."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn
from uuid import uuid4

import streamlit as st

from arkor_dash.errors import SourceError
from arkor_dash.live.feed import FeedSnapshot, Refused
from arkor_dash.recordings.lines import FILE_LIMIT, MIB
from arkor_dash.sources import RecordingSource, Upload

from . import session, shell
from .clock import local_time
from .resources import dashboard, dashboard_of, recordings_dashboard
from .text import markdown_text, paragraph


def open_recording() -> None:
    """The button with which the viewer chooses a recording. It opens as a job's page."""
    with st.popover("Open a recording", icon=":material/folder_open:", type="tertiary", key="open_recording"):
        st.html(paragraph("A job that was saved with Export. Only you see it, in this tab.", "arkor-note"))
        uploaded = st.file_uploader(
            "A recording (.jsonl.gz)",
            type=["gz", "jsonl"],
            key="recording_file",
            max_upload_size=FILE_LIMIT // MIB,
        )
        if uploaded is not None:
            _open_upload(Upload(uploaded.name, uploaded.getvalue()))
        _choose_from_folder()


def _open_upload(upload: Upload) -> None:
    source = RecordingSource(upload)
    try:
        source.job_in(upload.name)
    except SourceError as error:
        st.error(markdown_text(str(error)))
        return
    token = uuid4().hex
    session.keep_uploaded_recording(token, dashboard_of(source))
    st.switch_page(shell.JOB, query_params={"upload": token})


def _choose_from_folder() -> None:
    folder = recordings_dashboard()
    if folder is None or not isinstance(folder.source, RecordingSource):
        return
    try:
        names = folder.source.names()
    except SourceError as error:
        st.error(markdown_text(str(error)))
        return
    name = st.selectbox(
        "Or a recording of this dashboard",
        names,
        index=None,
        key="recording_name",
        placeholder="Choose a recording" if names else "No recordings yet",
        disabled=not names,
    )
    if name:
        st.switch_page(shell.JOB, query_params={"recording": name})


def job_in_address() -> str | None:
    """The id of the job that the page's address names, or None. Stops the page where a recording can't be opened."""
    token, name = st.query_params.get("upload"), st.query_params.get("recording")
    if token is None and name is None:
        return st.query_params.get("id")
    if token is not None and session.uploaded_recording(token) is None:
        _stop(
            "This recording is not open any more",
            "A recording from your disk is open in one tab only, until you reload the tab or open another "
            "recording. Open it again on the Jobs page.",
        )
    source = dashboard().source
    if not isinstance(source, RecordingSource):
        _stop(
            "There is no folder of recordings",
            "ARKOR_DASH_RECORDINGS_DIR is not set for this dashboard.",
        )
    try:
        return source.job_in(name) if name is not None and token is None else source.jobs().jobs[0].id
    except SourceError as error:
        _stop("This recording can't be opened", str(error))


def recording_note(feed: FeedSnapshot) -> None:
    """Show when the job was recorded, and whether the recording is damaged. Shows nothing if it is no recording."""
    source = dashboard().source
    if not isinstance(source, RecordingSource):
        return
    try:
        header = source.entry(feed.job_id).header
    except SourceError:
        return  # the page already shows the error
    damage = source.damage(feed.job_id)
    if damage and not isinstance(feed.connection, Refused):
        shown = f"The events end where the recording is damaged. {damage}."
        st.html(paragraph(shown, "arkor-banner arkor-banner-warning", tag="div", role="alert"))
    st.html(paragraph(_saved(header.saved_at, live=header.live), "arkor-note"))


def _saved(at: datetime, *, live: bool) -> str:
    shown = local_time(at)
    text = f"A recording, saved on {shown.day} {shown:%B %Y at %H:%M}"
    return f"{text} during the run. Later events are not in it." if live else f"{text}."


def _stop(title: str, description: str) -> NoReturn:
    st.html(paragraph(title, "arkor-title", tag="h1"))
    st.html(paragraph(description, "arkor-note", role="status"))
    st.page_link(shell.JOBS, label="All jobs", icon=":material/list:")
    st.stop()
