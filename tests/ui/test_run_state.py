"""How the Run training panel says that a run has ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arkor_dash.live.output.follower import OutputSnapshot
from arkor_dash.live.rebuilds import RebuildState
from arkor_dash.protocol.exit_trailer import RunEnd
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, EMBEDDED, StudioSource
from arkor_dash.ui.run_state import end_text, state_text

OURS = StudioSource("http://127.0.0.1:1", Secret("canary"), EMBEDDED).runner
RUNNER = StudioSource("http://127.0.0.1:1", Secret("canary"), ARKOR_DEV).runner


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (RunEnd(0), "Finished."),
        (RunEnd(3), "Ended with exit code 3."),
        (RunEnd(None), "A signal ended the run. It was killed, or the memory ran out."),
        (RunEnd(None, "SIGTERM"), "A signal ended the run: SIGTERM."),
        (RunEnd(-9), "A signal ended the run: SIGKILL. It was killed, or the memory ran out."),
        (RunEnd(-15), "A signal ended the run: SIGTERM."),
        (RunEnd(-1000), "A signal ended the run. It was killed, or the memory ran out."),
        (RunEnd(137), "Ended with exit code 137 (SIGKILL). It was killed, or the memory ran out."),
        (RunEnd(255), "Ended with exit code 255."),
        (RunEnd(None, error="spawn ENOENT"), "The run could not be started: spawn ENOENT."),
    ],
)
def test_the_end_of_a_run_names_the_code_or_the_signal(end, text):
    assert end_text(end) == text


def test_a_cancelled_run_that_a_signal_ended_reads_cancelled():
    output = OutputSnapshot(job_id="job_7", end=RunEnd(None))
    assert state_text(output, RUNNER, "cancelled", RebuildState()) == "Cancelled."
    assert state_text(output, RUNNER, "failed", RebuildState()).startswith("A signal ended the run.")


def test_a_run_that_was_ended_for_a_new_build_says_so():
    output = OutputSnapshot(job_id="job_7", pid=17, end=RunEnd(None))
    others = RebuildState(ended_pids=frozenset({4}))
    assert state_text(output, RUNNER, "cancelled", RebuildState(ended_pids=frozenset({17}))).startswith(
        "The project was built anew"
    )
    assert state_text(output, RUNNER, "failed", others).startswith("A signal ended the run.")
    unnamed = OutputSnapshot(end=RunEnd(None))
    assert state_text(unnamed, RUNNER, None, others).startswith("A signal ended the run.")


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_a_process_that_outlives_its_job_is_said_to_run_on_and_how_to_end_it(status):
    output = OutputSnapshot(job_id="job_7", running=True)
    assert state_text(output, OURS, "running", RebuildState()).startswith("Running.")
    for refusal in (None, "A run of this project is in progress."):
        refused = replace(output, error=refusal)
        assert state_text(refused, OURS, status, RebuildState()) == (
            "The job has ended, but its process still runs. It may be saving. To end it, open the job."
        )
    assert state_text(output, RUNNER, status, RebuildState()) == (
        "The job has ended, but its process still runs."
    )


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        (143, "completed", "Ended with exit code 143 (SIGTERM). The job had completed before."),
        (0, "completed", "Finished."),
        (143, "cancelled", "Cancelled."),
        (143, "failed", "Ended with exit code 143 (SIGTERM)."),
    ],
)
def test_the_exit_code_of_a_process_that_was_ended_after_its_job_does_not_read_as_the_jobs_failure(
    code, status, text
):
    output = OutputSnapshot(job_id="job_7", end=RunEnd(code))
    assert state_text(output, OURS, status, RebuildState()) == text


@pytest.mark.parametrize(
    ("is_live", "when"), [(True, "here at once."), (False, "after a reload of this page.")]
)
def test_the_panel_says_when_edits_show(is_live, when):
    assert when in state_text(OutputSnapshot(), RUNNER, None, RebuildState(is_live=is_live))
