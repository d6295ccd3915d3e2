"""The line under a page's title: where the data come from, and since when that has been lost."""

from __future__ import annotations

from html import escape

import streamlit as st

from arkor_dash.live.job_list import JobListView

from . import session
from .clock import local_time
from .notifications import announce
from .resources import dashboard
from .text import markdown_text

REFRESH_S = 5.0
QUICK_ANSWER_S = 0.15


@st.fragment(run_every=REFRESH_S)
def live_source() -> None:
    """The line, kept up by itself."""
    jobs = dashboard().jobs
    jobs.refresh(REFRESH_S - 0.5)
    jobs.wait(QUICK_ANSWER_S)
    source_line()
    source_notice()
    announce()


def source_line() -> None:
    """The line as it is now, for what runs again by itself."""
    dash = dashboard()
    lost = _lost(dash.jobs.snapshot())
    mark = f' · <span class="arkor-lost" role="status">{escape(lost)}</span>' if lost else ""
    st.html(f'<p class="arkor-source">{escape(dash.source.label)}{mark}</p>')


def source_notice() -> None:
    """What the source has said of an end that is near, once to each viewer."""
    notice = dashboard().source.deprecation_notice
    if notice and session.is_news("notice", notice):
        st.toast(markdown_text(notice), icon=":material/info:")


def _lost(view: JobListView) -> str | None:
    if view.failing_since_ms is None:
        return None
    if not view.loaded:
        return "no data yet"
    return f"lost since {local_time(view.failing_since_ms):%H:%M:%S}"
