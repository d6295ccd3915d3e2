"""The jobs that are ticked for a comparison, in the address and for the viewer, and the button that compares them."""

from __future__ import annotations

import streamlit as st

from arkor_dash.charts.comparison import MAX_JOBS, MIN_JOBS

from . import session, shell
from .resources import dashboard
from .text import paragraph

PARAMETER = "chosen"
LIMIT, ID_LIMIT = 100, 200
"""The most ticks that are read from an address, and the characters of an id in it."""

_kept: session.ViewerValue[list[str]] = session.ViewerValue("chosen_jobs", [])
_was_read: session.VisitValue[bool] = session.VisitValue("chosen_jobs_were_read", False)


def chosen_jobs() -> list[str]:
    """The ids of the jobs of the list, in the order of the ticks: first those that the address has, if it has any.

    The browser writes the address.
    """
    if not _was_read.get():
        _was_read.set(True)
        named = [job_id for job_id in st.query_params.get_all(PARAMETER) if len(job_id) <= ID_LIMIT]
        _kept.set(list(dict.fromkeys(named[:LIMIT])) or _kept.get())
    jobs = dashboard().jobs
    return [job_id for job_id in _kept.get() if jobs.contains(job_id)]


def choose_jobs(job_ids: list[str]) -> None:
    """Tick these jobs, and no others."""
    _kept.set(job_ids)


def compare_button() -> None:
    """The button that opens the comparison of the chosen jobs, or a hint at how many to choose."""
    chosen = chosen_jobs()
    fits = MIN_JOBS <= len(chosen) <= MAX_JOBS
    with st.container(key="jobs_choice", horizontal=True, vertical_alignment="center"):
        label = f"Compare {len(chosen)} jobs" if fits else "Compare"
        clicked = st.button(
            label, key="compare", type="primary", icon=":material/stacked_line_chart:", disabled=not fits
        )
        if not fits:
            hint = f"Choose {MIN_JOBS} to {MAX_JOBS} jobs: {len(chosen)} chosen."
            st.html(paragraph(hint, "arkor-note", role="status"))
    if clicked:
        st.switch_page(shell.COMPARE, query_params={"job": chosen})
