"""The Run training panel: what would run, the button, and the run's output."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait

import streamlit as st

from arkor_dash.errors import ArkorDashError, SourceUnavailableError
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.output.follower import OutputSnapshot, RunOutputFeed
from arkor_dash.protocol.jobs import CANCELLED
from arkor_dash.protocol.terminal import LINES_KEPT
from arkor_dash.sources import Manifest, Runner
from arkor_dash.ui.browser import components

from . import account, session, shell
from .live_fragment import watch_fragment
from .resources import dashboard
from .source_line import QUICK_ANSWER_S
from .text import markdown_text, paragraph, shortened

LIST_AGAIN_S = 0.5
LOOK_ROUND_S = 5.0
"""How often it is asked whether someone else has started a run, or whether a Studio that was away is back."""

_requests = ThreadPoolExecutor(max_workers=4, thread_name_prefix="manifest")


def run_panel() -> None:
    """The panel. The manifest is asked for once per page load, in the background: a build can take its time."""
    dash = dashboard()
    if dash.output is None:
        st.html(paragraph(dash.source.no_runner_reason, "arkor-note"))
        if dash.source.control is not None and dash.rule.actions == "operators":
            account.strip(account.refusal())
        return
    dash.output.attach()
    _panel()


@st.fragment
def _panel() -> None:
    kept_up = watch_fragment("run")
    dash = dashboard()
    feed, runner = dash.output, dash.source.runner
    if feed is None or runner is None:
        return
    if not _busy(feed.snapshot()):
        feed.attach()
        if _is_worth_a_retry(_manifest()):
            wait([session.renew_manifest(_ask)], QUICK_ANSWER_S)
    request = _manifest()

    def look() -> object:
        output = feed.snapshot()
        return output.generation, output.version, dash.jobs.snapshot().version, request.done()

    saw = look()
    output = feed.snapshot()
    listed = _listed_status(dash, output)
    pending = not request.done()
    trainer, problem = (None, None) if pending else _trainer(request, runner)
    refused = account.refusal()
    st.button(
        f"Run training: {markdown_text(shortened(trainer, 80))}" if trainer else "Run training",
        key="run_training",
        type="primary",
        icon=":material/play_arrow:",
        disabled=trainer is None or _busy(output) or refused is not None,
        on_click=_start,
    )
    if pending:
        st.html(paragraph("Reading the project…", "arkor-note"))
    elif problem:
        st.html(paragraph(problem, "arkor-banner arkor-banner-warning", role="status"))
    else:
        st.html(paragraph(_outcome(output, runner, listed), "arkor-note", role="status"))
    if refused:
        account.strip(refused)
    _run_log(feed, output)
    if not refused:
        account.strip(None)
    newly_listed = listed is not None and session.is_news("run", (output.job_id, listed))
    if session.leaves():
        return  # another run would drop the message that sends the browser there
    if newly_listed:
        st.rerun()
    kept_up.drawn(look, saw, LIST_AGAIN_S if _is_behind(listed, output) else LOOK_ROUND_S)


def _listed_status(dash: Dashboard, output: OutputSnapshot) -> str | None:
    """What the list of jobs says of the run, if it has it. While that is old news, the list is asked for again."""
    status = next((job.status for job in dash.jobs.snapshot().jobs if job.id == output.job_id), None)
    if _is_behind(status, output):
        dash.jobs.refresh(LIST_AGAIN_S)
    return status


def _is_behind(listed: str | None, output: OutputSnapshot) -> bool:
    """Whether the list has yet to hear of what the output says."""
    return bool(output.job_id) and listed in ((None, "queued") if output.running else ("running",))


def _start() -> None:
    """Checked again here, where it is done: a button that is not shown can still be pressed over the wire."""
    feed = dashboard().output
    if feed is not None and account.refusal() is None:
        feed.start()


def _manifest() -> Future[Manifest]:
    return session.manifest(_ask)


def _ask() -> Future[Manifest]:
    runner = dashboard().source.runner
    if runner is None:
        raise RuntimeError("only a source with a runner has a manifest")
    return _requests.submit(runner.manifest)


def _is_worth_a_retry(request: Future[Manifest]) -> bool:
    """The Studio was away. What the build itself said stands until the page is loaded again."""
    return request.done() and isinstance(request.exception(), SourceUnavailableError)


def _trainer(request: Future[Manifest], runner: Runner) -> tuple[str | None, str | None]:
    """The trainer's name, or else what is wrong, by the answer to a request that is done."""
    try:
        trainer = request.result().trainer
    except ArkorDashError as error:
        return None, f"Couldn't read manifest: {error}"
    if trainer is None:
        names = runner.names
        missing = f"No trainer in {names.entry} yet. Add {names.create_trainer} and pass it to {names.create_arkor}."
        return None, missing
    return trainer, None


def _busy(output: OutputSnapshot) -> bool:
    return output.starting or output.running


def _outcome(output: OutputSnapshot, runner: Runner, listed: str | None) -> str:
    """One line on how the run stands, whose job has the status `listed`."""
    if output.starting:
        return "Starting…"
    if output.error:
        return output.error
    if output.interrupted:
        return f"The output is out of reach for now. {output.interrupted}"
    keeps_runs = runner.keeps_runs
    if output.running:
        return f"Running. It goes on when this page is closed{'.' if keeps_runs else ', until the dashboard ends.'}"
    if output.exit_code is None:
        hint = f"Edits to {runner.names.entry} show after a reload of this page."
        return hint if keeps_runs else f"{hint} A run that is started here ends with the dashboard."
    if listed == CANCELLED:
        return "Cancelled."
    return "Finished." if output.exit_code == 0 else f"Ended with exit code {output.exit_code}."


def _run_log(feed: RunOutputFeed, output: OutputSnapshot) -> None:
    if not (_busy(output) or output.total_lines):
        return
    cursor = session.cursor("run_log")
    with st.container(key="run_log"):
        components.rows(
            cursor.part(output.generation, output.first_line, output.lines),
            key="run_log_rows",
            kind="output",
            label="Output of the run",
            placeholder="Waiting for output…",
            limit=LINES_KEPT,
            height_px=320,
            on_gap=cursor.restart,
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        if output.job_id:
            st.page_link(
                shell.JOB,
                label="Open the job",
                icon=":material/show_chart:",
                query_params={"id": output.job_id},
            )
        st.download_button(
            "Download the log",
            data=feed.download,
            file_name=f"{output.job_id or 'run'}.log",
            mime="text/plain",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
        if output.first_line:
            st.html(paragraph(f"{output.first_line:,} earlier lines are in the download.", "arkor-note"))
        if output.download_problem:
            st.html(paragraph(output.download_problem, "arkor-note", role="alert"))
