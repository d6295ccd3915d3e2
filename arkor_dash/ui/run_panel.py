"""The Run training panel: the button with the trainer's name, the state of the run, and its output."""

from __future__ import annotations

import math

import streamlit as st

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.job_list import BEHIND_REFRESH_S, JobListView
from arkor_dash.live.output.follower import OutputSnapshot
from arkor_dash.live.parts import Shared
from arkor_dash.live.rebuilds import RebuildState
from arkor_dash.protocol.fields import shortened
from arkor_dash.sources import Manifest
from arkor_dash.ui.browser.focus import focus_after_click
from arkor_dash.ui.browser.live_parts import LiveParts

from . import account, session
from .live_fragment import watch_fragment
from .manifest import found_or_problem, is_unavailable, manifest, renew_manifest, retry_manifest
from .project_brief import project_brief
from .resources import dashboard
from .run_log import run_log
from .run_state import state_text
from .source_line import QUICK_ANSWER_S, lost_since_ms
from .text import markdown_text, paragraph

CHECK_S = 5.0
"""How often the panel checks whether someone else has started a run, or whether the Studio answers again."""
TRAINER_LIMIT = 80
FIRST_RUN = (
    "Start your first run. Its output and curve appear here, live, and it goes on when you close the page."
)
END_DESCRIPTION = "arkor dev ends the process of this run at once, without time to save."


def run_panel() -> None:
    """The panel, or the reason why the source can't run trainings."""
    dash = dashboard()
    if dash.output is None:
        st.html(paragraph(dash.source.no_runner_reason, "arkor-note"))
        if dash.source.control is not None and dash.rule.actions == "operators":
            account.account_strip(account.refusal())
        return
    dash.output.attach()
    _panel()


@st.fragment
def _panel() -> None:
    fragment_watch = watch_fragment("run")
    dash = dashboard()
    feed, runner = dash.output, dash.source.runner
    if feed is None or runner is None:
        return
    focus_after_click("run_training", "run_log")
    rebuilds = _rebuilds(dash)  # before the manifest, which may be that of a later build
    if not _is_busy(feed.snapshot()):
        retry_manifest(runner, QUICK_ANSWER_S)
    answer = manifest(runner)
    newer = renew_manifest(runner, rebuilds.version)
    parts = LiveParts(None, lambda: None, ("run", feed.number))

    def current_state(_shared: Shared | None = None) -> object:
        feed.refresh(CHECK_S)
        output = feed.snapshot()
        is_answered = answer.done() and (newer is None or newer.done())
        is_lost, is_first = lost_since_ms(dash) is not None, _is_first_run(dash.jobs.snapshot())
        return output.state, _listed_status(dash, output), is_answered, _rebuilds(dash), is_lost, is_first

    drawn_state = current_state()
    output = feed.snapshot()
    listed_status = _listed_status(dash, output)
    jobs = dash.jobs.snapshot()
    found, problem = found_or_problem(answer, runner, rebuilds.error)
    trainer = found.trainer if found else None
    refused, is_lost = account.refusal(), lost_since_ms(dash) is not None
    _introduction(found, jobs, is_expected=runner.keeps_runs and not answer.done())
    _run_button(trainer, disabled=trainer is None or _is_busy(output) or refused is not None or is_lost)
    # One container that is always there, so that the output below it keeps its place in the browser.
    with st.container(horizontal=True, vertical_alignment="center"):
        if problem and not (is_lost and is_unavailable(answer)):
            _problem(problem)
        elif is_lost:
            pass  # the page's head says so, and nothing else is known
        elif not answer.done():
            _note("Reading the project…")
        else:
            _note(state_text(output, runner, listed_status, rebuilds))
        if _is_busy(output) and not runner.keeps_runs and not refused:
            _end_button()
    if refused:
        account.account_strip(refused)
    run_log(feed, output, parts)
    if not refused:
        account.account_strip(None)
    newly_listed = listed_status is not None and session.has_changed("run", (output.job_id, listed_status))
    if session.take_redirect():
        return  # a rerun would drop the message that sends the browser to another address
    if newly_listed:
        st.rerun()
    due_in_s = CHECK_S if is_unavailable(answer) else math.inf
    fragment_watch.drawn(current_state, drawn_state, due_in_s, parts.drawn)


def _rebuilds(dash: Dashboard) -> RebuildState:
    return RebuildState() if dash.rebuilds is None else dash.rebuilds.watch()


def _is_first_run(jobs: JobListView) -> bool:
    return jobs.loaded and not jobs.jobs


def _introduction(found: Manifest | None, jobs: JobListView, *, is_expected: bool) -> None:
    """What the button would start, and, before the first run, what will happen.

    Args: is_expected: whether there will soon be a manifest that has the config.
    """
    with st.container(key="run_introduction"):
        if _is_first_run(jobs):
            st.html(paragraph(FIRST_RUN, "arkor-lead"))
        if found is not None and found.trainer is not None:
            project_brief(found.trainer, found.config, jobs.jobs)
        elif is_expected:
            st.html('<div class="arkor-brief"></div>')  # its place, so that nothing moves when it comes


def _note(text: str) -> None:
    st.html(paragraph(text, "arkor-note", role="status"))


def _problem(text: str) -> None:
    lines = " arkor-banner-lines" if "\n" in text else ""
    st.html(paragraph(text, f"arkor-banner arkor-banner-warning{lines}", role="status"))


def _run_button(trainer: str | None, *, disabled: bool) -> None:
    name = f": {markdown_text(shortened(trainer, TRAINER_LIMIT))}" if trainer else ""
    st.button(
        f"Run training{name}",
        key="run_training",
        type="primary",
        icon=":material/play_arrow:",
        disabled=disabled,
        on_click=_start,
    )


def _start() -> None:
    """Start the run. Checks the permission again: a client can press a button that it is not shown."""
    feed = dashboard().output
    if feed is not None and account.refusal() is None:
        feed.start()


def _end_button() -> None:
    """Ends a run that nothing but this dashboard's connection keeps alive, whatever its trainer does."""
    with (
        st.container(key="run_end", width="content"),
        st.popover("End the run", icon=":material/stop_circle:", type="tertiary"),
    ):
        st.html(paragraph(END_DESCRIPTION, "arkor-note"))
        st.button("End this run", key="run_end_confirm", type="primary", on_click=_end)


def _end() -> None:
    """End the run. Checks the permission again: a client can press a button that it is not shown."""
    feed = dashboard().output
    if feed is not None and account.refusal() is None:
        feed.end()


def _listed_status(dash: Dashboard, output: OutputSnapshot) -> str | None:
    """The status of the run's job in the list of jobs. Refreshes the list while it is behind the output."""
    status = next((job.status for job in dash.jobs.snapshot().jobs if job.id == output.job_id), None)
    if _list_is_behind(status, output):
        dash.jobs.refresh(BEHIND_REFRESH_S)
    return status


def _list_is_behind(listed_status: str | None, output: OutputSnapshot) -> bool:
    """Whether the run has started or ended since the list was fetched."""
    return bool(output.job_id) and listed_status in ((None, "queued") if output.running else ("running",))


def _is_busy(output: OutputSnapshot) -> bool:
    return output.starting or output.running
