"""The line under a page's title: the source of the data, and since when it has not answered."""

from __future__ import annotations

from html import escape

import streamlit as st

from arkor_dash.live.job_list import JobListView

from . import session
from .clock import local_time
from .local_studios import local_studios_note
from .notifications import notify_of_other_jobs
from .resources import dashboard
from .text import markdown_text

REFRESH_S = 5.0
QUICK_ANSWER_S = 0.15
"""How long a page waits for an answer before it is drawn without it."""


@st.fragment(run_every=REFRESH_S)
def live_source_line() -> None:
    """The line, refreshed by a timer of its own."""
    jobs = dashboard().jobs
    jobs.refresh(REFRESH_S - 0.5)
    jobs.wait(QUICK_ANSWER_S)
    source_line()
    source_notice()
    notify_of_other_jobs()


def source_line() -> None:
    """The line as it is now, and the note below it. For fragments that are refreshed anyway."""
    dash = dashboard()
    outage = _outage(dash.jobs.snapshot())
    mark = f' · <span class="arkor-lost" role="status">{escape(outage)}</span>' if outage else ""
    st.html(f'<p class="arkor-source">{escape(dash.source.label)}{mark}</p>')
    local_studios_note(dash, is_lost=outage is not None)


def source_notice() -> None:
    """Show the source's deprecation notice, once to each viewer."""
    notice = dashboard().source.deprecation_notice
    if notice and session.has_changed("notice", notice):
        st.toast(markdown_text(notice), icon=":material/info:", duration="long")


def _outage(view: JobListView) -> str | None:
    if view.failing_since_ms is None:
        return None
    if not view.loaded:
        return "no data yet"
    return f"lost since {local_time(view.failing_since_ms):%H:%M:%S}"
