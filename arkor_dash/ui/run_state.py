"""The line of the Run training panel that says how its run is, and how it has ended."""

from __future__ import annotations

from arkor_dash.live.output.follower import OutputSnapshot
from arkor_dash.live.rebuilds import RebuildState
from arkor_dash.protocol.exit_codes import SHELL_SIGNALS, signal_name
from arkor_dash.protocol.exit_trailer import RunEnd
from arkor_dash.protocol.jobs import CANCELLED, COMPLETED, TERMINAL
from arkor_dash.sources import Runner

KILLED = "SIGKILL"


def state_text(
    output: OutputSnapshot, runner: Runner, listed_status: str | None, rebuilds: RebuildState
) -> str:
    """One line on the state of the run."""
    if output.starting:
        return "Starting…"
    outlives_job = output.running and listed_status in TERMINAL
    if output.error and not outlives_job:
        return output.error
    if output.interrupted:
        return f"The output can't be read at the moment. {output.interrupted}"
    if outlives_job:
        hint = " It may be saving. To end it, open the job." if runner.keeps_runs else ""
        return f"The job has ended, but its process still runs.{hint}"
    if output.running:
        end = "." if runner.keeps_runs else ", until the dashboard ends."
        return f"Running. It goes on when this page is closed{end}"
    if output.end is None:
        when = "here at once" if rebuilds.is_live else "after a reload of this page"
        hint = f"Edits to {runner.names.entry} show {when}."
        return hint if runner.keeps_runs else f"{hint} A run that is started here ends with the dashboard."
    if output.pid in rebuilds.ended_pids and output.exit_code != 0:
        return "The project was built anew, so arkor dev ended this run. Start it again to train the new version."
    if listed_status == CANCELLED:
        return "Cancelled."
    ended_before = listed_status == COMPLETED and output.exit_code != 0
    return f"{end_text(output.end)}{' The job had completed before.' if ended_before else ''}"


def end_text(end: RunEnd) -> str:
    """How the run has ended."""
    code = end.exit_code
    if end.error:
        return f"The run could not be started: {end.error}."
    if code == 0:
        return "Finished."
    if code is None or code < 0:
        name = end.signal if code is None else signal_name(-code)
        return _signal_text(name)
    name = signal_name(code - SHELL_SIGNALS)
    return f"Ended with exit code {code}{f' ({name})' if name else ''}.{_hint(name)}"


def _signal_text(name: str) -> str:
    return f"A signal ended the run{f': {name}' if name else ''}.{_hint(name or KILLED)}"


def _hint(name: str) -> str:
    return " It was killed, or the memory ran out." if name == KILLED else ""
