"""The actions on a job: cancel it while it runs, and run it again once it has ended."""

from __future__ import annotations

import streamlit as st

from arkor_dash.live.job_state import JobState
from arkor_dash.protocol.jobs import CANCELLING, Job
from arkor_dash.ui import account
from arkor_dash.ui.resources import dashboard
from arkor_dash.ui.text import paragraph

from .run_again import can_run_again, run_again

CANCEL_DESCRIPTION = (
    "Asks the trainer to stop and gives it time to save. Everything that was reported and saved is kept."
)


def is_cancelling(job_id: str) -> bool:
    """Whether any viewer of this dashboard has asked for the job's cancellation."""
    return dashboard().cancellations.is_requested(job_id)


def job_actions(job_id: str, job: Job | None, state: JobState) -> None:
    """The actions that the viewer may take now, in one container that is always there."""
    with st.container(key="job_actions", horizontal=True, vertical_alignment="center", width="content"):
        if state.ended:
            dashboard().cancellations.forget(job_id)
            if job is not None and can_run_again():
                run_again(job)
        elif state.status == CANCELLING:
            st.html(paragraph("Cancelling. The trainer has time to save.", "arkor-note"))
        elif _can_cancel():
            _cancel_button(job_id)


def _cancel_button(job_id: str) -> None:
    with (
        st.container(key="job_cancel", width="content"),
        st.popover("Cancel", icon=":material/stop_circle:", type="tertiary"),
    ):
        st.html(paragraph(CANCEL_DESCRIPTION, "arkor-note"))
        st.button(
            "Cancel this run", key="job_cancel_confirm", type="primary", on_click=_cancel, args=(job_id,)
        )
    problem = dashboard().cancellations.error(job_id)
    if problem:
        with st.container(key="job_cancel_problem", width="content"):
            st.html(paragraph(f"Not cancelled: {problem}", "arkor-note", role="alert"))


def _cancel(job_id: str) -> None:
    """Ask for the cancellation. Checks the permission again: a client can press a button that it is not shown."""
    if _can_cancel():
        dashboard().cancellations.request(job_id)


def _can_cancel() -> bool:
    return dashboard().source.control is not None and account.refusal() is None
