"""The banners at the top of a job's page, for a failed job and for lost connections."""

from __future__ import annotations

import time

import streamlit as st

from arkor_dash.live.feed import Interrupted, Refused
from arkor_dash.protocol.fields import shortened
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.text import paragraph

from .job_now import JobNow
from .run_again import rerun_banner
from .wording import failure_reason

ERROR_LIMIT = 20_000


def banners(parts: LiveParts[JobNow]) -> None:
    """Banners for a failed job, a new run that failed to start, a list that can't be loaded, and a cut stream."""
    parts.depends("banners", lambda now: (_list_error(now), now.feed.connection, now.feed.malformed))
    state, feed = parts.now.state, parts.now.feed
    with st.container():
        rerun_banner(parts.now.job_id)
        if error := _list_error(parts.now):
            st.html(paragraph(f"Failed to load jobs: {error}", "arkor-banner", tag="div", role="alert"))
        if state.error:
            with st.container(key="job_failed"):
                st.html(_failure(shortened(state.error, ERROR_LIMIT)))
        connection = feed.connection
        if isinstance(connection, (Interrupted, Refused)):
            with st.container(key="stream_interrupted"):
                st.html(
                    paragraph(_interruption(connection), "arkor-banner arkor-banner-warning", role="status")
                )
                if isinstance(connection, Refused):
                    st.button(
                        "Retry",
                        icon=":material/refresh:",
                        on_click=parts.now.dash.feeds.acquire(feed.job_id).retry,
                    )
        if feed.malformed:
            noun = "event" if feed.malformed == 1 else "events"
            st.html(paragraph(f"{feed.malformed:,} malformed {noun}", "arkor-note"))


def _failure(error: str) -> str:
    """The error. One of several lines is behind its reason."""
    if len(error.strip().splitlines()) < 2:
        return paragraph(error, "arkor-banner", tag="div", role="alert")
    summary = paragraph(failure_reason(error), "arkor-reason", tag="summary")
    whole = paragraph(error, "arkor-traceback", tag="pre")
    return f'<div class="arkor-banner" role="alert"><details>{summary}{whole}</details></div>'


def _list_error(now: JobNow) -> str | None:
    """Why the list of jobs can't be loaded. None if the stream is interrupted, too: one message says it."""
    return None if now.stream_is_interrupted else now.listing.error


def _interruption(connection: Interrupted | Refused) -> str:
    if isinstance(connection, Refused):
        return f"Event stream interrupted. {connection.reason}"
    seconds = max(0, round(time.time() - connection.since_ms / 1000))
    next_try = "Waiting for the source."
    if connection.next_try_at_ms is not None:
        wait = max(1, round(connection.next_try_at_ms / 1000 - time.time()))
        next_try = f"Next try in {wait} s."
    return (
        f"Event stream interrupted. The connection was lost {seconds} s ago. {next_try} {connection.reason}"
    )
