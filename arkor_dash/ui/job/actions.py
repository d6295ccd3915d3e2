"""What can be done with a job: cancel it while it is on, and run it again once it has ended."""

from __future__ import annotations

import streamlit as st

from arkor_dash.live.job_state import JobState
from arkor_dash.protocol.jobs import CANCELLING, Job
from arkor_dash.ui import account
from arkor_dash.ui.resources import dashboard
from arkor_dash.ui.text import paragraph

from .run_again import can_run_again, run_again

WHAT_CANCEL_DOES = (
    "The trainer is asked to stop, has time to save, and is then ended. What was reported and saved stays."
)


def is_cancelling(job_id: str) -> bool:
    """Whether the job was asked to end from here, by whichever viewer."""
    return dashboard().cancellations.under_way(job_id)


def job_actions(job_id: str, job: Job | None, now: JobState, *, settled: bool) -> None:
    """What the viewer can do with the job now. Always one element, so that what follows keeps its place.

    Args: settled: the page has no timer any more, and so will not take a form away that has just been opened.
    """
    with st.container(key="job_actions", horizontal=True, vertical_alignment="center", width="content"):
        if now.ended:
            dashboard().cancellations.forget(job_id)
            if settled and job is not None and can_run_again():
                run_again(job)
        elif now.status == CANCELLING:
            st.html(paragraph("Asked to stop. The trainer has time to save first.", "arkor-note"))
        elif _can_cancel():
            _cancel_button(job_id)


def _cancel_button(job_id: str) -> None:
    with (
        st.container(key="job_cancel", width="content"),
        st.popover("Cancel", icon=":material/stop_circle:", type="tertiary"),
    ):
        st.html(paragraph(WHAT_CANCEL_DOES, "arkor-note"))
        st.button(
            "Cancel this run", key="job_cancel_confirm", type="primary", on_click=_cancel, args=(job_id,)
        )
    problem = dashboard().cancellations.problem(job_id)
    if problem:
        with st.container(key="job_cancel_problem", width="content"):
            st.html(paragraph(f"Not cancelled: {problem}", "arkor-note", role="alert"))


def _cancel(job_id: str) -> None:
    """Checked again here, where it is done: a button that is not shown can still be pressed over the wire."""
    if _can_cancel():
        dashboard().cancellations.ask(job_id)


def _can_cancel() -> bool:
    return dashboard().source.control is not None and account.refusal() is None
