"""The actions on a job: cancel it while it runs, run it again once it has ended, end a process that outlives it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from arkor_dash.protocol.jobs import CANCELLING
from arkor_dash.ui import account
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.resources import dashboard
from arkor_dash.ui.text import paragraph

from .job_now import JobNow
from .run_again import run_again


@dataclass(frozen=True, slots=True)
class _Ending:
    """The texts of one way to end a run. `key` begins the keys of its elements."""

    key: str
    label: str
    description: str
    confirm: str
    requested: str
    problem: str


_CANCEL = _Ending(
    key="job_cancel",
    label="Cancel",
    description="Asks the trainer to stop and gives it time to save. Everything that was reported and saved is kept.",
    confirm="Cancel this run",
    requested="Cancelling. The trainer has time to save.",
    problem="Not cancelled",
)
_END_PROCESS = _Ending(
    key="job_end_process",
    label="End its process",
    description=(
        "The job has ended, but its process still runs. It may be saving or uploading, or it hangs. "
        "Until it ends, no other run can start. The job stays as it is."
    ),
    confirm="End the process",
    requested="Ending the process. It has time to save.",
    problem="Not ended",
)


def job_actions(parts: LiveParts[JobNow]) -> None:
    """The actions that the viewer may take now, in one container that is always there.

    Each has a place of its own: if one appears before another, the form of the other stays open.
    """
    parts.depends("actions", lambda now: (now.runs, now.may_run, now.lingers, now.cancel_problem))
    now = parts.now
    with st.container(key="job_actions", horizontal=True, vertical_alignment="center", width="content"):
        ending, again = (
            st.container(horizontal=True, vertical_alignment="center", width="content") for _ in range(2)
        )
    with ending:
        if not now.state.ended:
            _end(_CANCEL, now, is_requested=now.state.status == CANCELLING)
        elif now.lingers:
            _end(_END_PROCESS, now, is_requested=now.is_cancelling)
        elif not now.runs:
            now.dash.cancellations.forget(now.job_id)
    with again:
        if now.state.ended and now.job is not None:
            run_again(now.job, now.feed.environment)


def _end(ending: _Ending, now: JobNow, *, is_requested: bool) -> None:
    """The button that asks for confirmation, or that the end was requested."""
    if is_requested:
        st.html(paragraph(ending.requested, "arkor-note"))
        return
    if not _can_cancel():
        return
    with (
        st.container(key=ending.key, width="content"),
        st.popover(ending.label, icon=":material/stop_circle:", type="tertiary"),
    ):
        st.html(paragraph(ending.description, "arkor-note"))
        st.button(
            ending.confirm, key=f"{ending.key}_confirm", type="primary", on_click=_cancel, args=(now.job_id,)
        )
    if problem := now.cancel_problem:
        with st.container(key=f"{ending.key}_problem", width="content"):
            st.html(paragraph(f"{ending.problem}: {problem}", "arkor-note", role="alert"))


def _cancel(job_id: str) -> None:
    """Ask for the cancellation. Checks the permission again: a client can press a button that it is not shown."""
    if _can_cancel():
        dashboard().cancellations.request(job_id)


def _can_cancel() -> bool:
    return dashboard().source.control is not None and account.refusal() is None
