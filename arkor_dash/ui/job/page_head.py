"""The top of a job's page: the breadcrumb, the job's name and its status."""

from __future__ import annotations

from html import escape

import streamlit as st

from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import CANCELLED, COMPLETED, FAILED
from arkor_dash.ui import session, shell
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.source_line import source_line, source_state
from arkor_dash.ui.tab import NEWS_MARK, set_tab_title
from arkor_dash.ui.text import paragraph, status_chip

from .job_now import JobNow

NAME_LIMIT = 300
CRUMB_LIMIT = 60
TAB_MARKS = {COMPLETED: "✓ ", FAILED: "✗ ", CANCELLED: "– "}
"""The prefix of the tab's title for an ended job, by status."""


def page_head(parts: LiveParts[JobNow]) -> None:
    """The breadcrumb, the job's name and status, its tags and notes, and the line on the source."""
    parts.depends("status", lambda now: now.status_text)
    parts.depends("source", lambda now: (source_state(now.dash), now.stream_is_interrupted))
    job, status = parts.now.job, parts.now.status_text
    name = shortened((job and job.name) or parts.now.job_id, NAME_LIMIT)
    tags, notes = (job.tags, job.notes) if job else ((), "")
    with st.container(gap="xsmall"):
        with st.container(key="job_title", horizontal=True, vertical_alignment="center", gap="xsmall"):
            with st.container(
                key="breadcrumb", horizontal=True, vertical_alignment="center", width="content"
            ):
                st.page_link(shell.JOBS, label="Jobs")
                st.html(paragraph("/", "arkor-crumb"), width="content")
            st.html(paragraph(name, "arkor-title", tag="h1"), width="content")
            with st.container(key="job_status", width="content"):
                st.html(status_chip(status), width="content")
            if tags:
                with st.container(key="job_tags", width="content"):
                    st.html(_tag_chips(tags), width="content")
        with st.container(key="job_source"):
            source_line(stream_is_interrupted=parts.now.stream_is_interrupted)
        if notes:
            with st.container(key="job_notes"):
                st.html(paragraph(notes, "arkor-notes"))


def set_job_tab_title(name: str, status: str) -> None:
    """Name the browser's tab after the job, with a mark once the job has ended.

    An unchanged title is not set again: that would remove the mark for news of another job.
    """
    title = TAB_MARKS.get(status, "") + shortened(name, CRUMB_LIMIT)
    if session.tab_title().removeprefix(NEWS_MARK) != title:
        set_tab_title(title)


def no_job_page(title: str, description: str) -> None:
    """Show why there is no job, and a link to the list of jobs."""
    st.html(paragraph(title, "arkor-title", tag="h1"))
    st.html(paragraph(description, "arkor-note", role="status"))
    st.page_link(shell.JOBS, label="All jobs", icon=":material/list:")


def _tag_chips(tags: tuple[str, ...]) -> str:
    chips = "".join(f'<span class="arkor-chip" role="listitem">{escape(tag)}</span>' for tag in tags)
    return f'<div class="arkor-tags" role="list" aria-label="Tags">{chips}</div>'
