"""When a job's page says that a process outlives its job."""

from __future__ import annotations

import math
import time
from types import SimpleNamespace

import pytest

from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.job.job_end import LINGERING_AFTER_S, lingers_in_s

from .test_wording import last_event


def dashboard(running: str | None, *, keeps_runs: bool = True) -> SimpleNamespace:
    """A dashboard whose run in progress is that of the job `running`; None: there is none."""
    output = SimpleNamespace(runs=lambda job_id: job_id == running)
    return SimpleNamespace(
        output=output, source=SimpleNamespace(runner=SimpleNamespace(keeps_runs=keeps_runs))
    )


def seconds_ago(age_s: float) -> float:
    return (time.time() - age_s) * 1000


def test_a_process_outlives_its_job_once_it_runs_for_a_while_after_the_last_event():
    job = Job("job_1", "", "completed")
    soon = lingers_in_s(dashboard("job_1"), job, last_event(seconds_ago(0)))
    assert 0 < soon <= LINGERING_AFTER_S
    assert lingers_in_s(dashboard("job_1"), job, last_event(seconds_ago(LINGERING_AFTER_S))) == 0
    assert lingers_in_s(dashboard("job_1"), job, last_event(None)) == 0


@pytest.mark.parametrize(
    ("status", "dash"),
    [
        ("running", dashboard("job_1")),
        ("completed", dashboard("job_2")),
        ("completed", dashboard(None)),
        ("completed", dashboard("job_1", keeps_runs=False)),
        ("completed", SimpleNamespace(output=None, source=SimpleNamespace(runner=None))),
    ],
    ids=["the job runs", "another run", "no run", "a run that can't be cancelled", "no project"],
)
def test_otherwise_no_process_outlives_the_job(status, dash):
    assert lingers_in_s(dash, Job("job_1", "", status), last_event(seconds_ago(3600))) == math.inf
