"""The log of a job's newest events."""

from __future__ import annotations

import streamlit as st

from arkor_dash.live.feed import LOG_ROWS, FeedSnapshot
from arkor_dash.ui import session
from arkor_dash.ui.browser.rows import show_rows
from arkor_dash.ui.text import paragraph

from . import wording


def event_log(feed: FeedSnapshot, *, ended: bool) -> None:
    """The log, and a note on the events that the last reconnection of the stream recovered."""
    cursor = session.cursor("event_log")
    head = feed.log[0].number if feed.log else 1
    rows = [(row.at_ms, row.name, row.message) for row in feed.log]
    with st.container(border=True):
        st.html(paragraph("Events", "arkor-heading", tag="h2"))
        if feed.recovery:
            st.html(paragraph(wording.recovery_text(feed.recovery), "arkor-note", role="status"))
        with st.container(key="event_log"):
            show_rows(
                cursor.next_update(feed.generation, head, rows),
                key="event_log_rows",
                kind="events",
                label="Event log",
                placeholder="No events received." if ended else "Listening for events…",
                limit=LOG_ROWS,
                height_px=320,
                on_gap=cursor.restart,
            )
