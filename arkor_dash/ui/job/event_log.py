"""The log of a job's newest events."""

from __future__ import annotations

import streamlit as st

from arkor_dash.live.feed import LOG_ROWS, FeedSnapshot
from arkor_dash.ui import session
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.row_cursor import NumberedRows
from arkor_dash.ui.browser.rows import show_rows
from arkor_dash.ui.text import paragraph

from . import wording
from .job_now import JobNow


def event_log(parts: LiveParts[JobNow]) -> None:
    """The log, and a note on the events that the last reconnection of the stream recovered."""
    read, recovery = parts.read, parts.now.feed.recovery
    parts.depends("recovery", lambda now: now.feed.recovery)
    with st.container(border=True, key="events"):
        st.html(paragraph("Events", "arkor-heading", tag="h2"))
        if recovery:
            st.html(paragraph(wording.recovery_text(recovery), "arkor-note", role="status"))
        with st.container(key="event_log"):
            show_rows(
                parts,
                ("events", parts.view),
                lambda: log_rows(read().feed),
                session.cursor("event_log"),
                key="event_log_rows",
                kind="events",
                label="Event log",
                placeholder="No events received." if parts.now.state.ended else "Listening for events…",
                limit=LOG_ROWS,
            )


def log_rows(feed: FeedSnapshot) -> NumberedRows:
    """The newest events of the job."""
    head = feed.log[0].number if feed.log else 1
    return NumberedRows(
        feed.generation, feed.events, head, feed.log, row=lambda row: (row.at_ms, row.name, row.message)
    )
