"""When a job's page says that a process outlives its job."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from arkor_dash.live.feed import Closed, Connecting, FeedSnapshot
from arkor_dash.live.job_state import job_state
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.job.job_end import LINGERING_AFTER_S, process_lingers, process_runs

from .test_wording import NOW_MS, last_event


def dashboard(running: str | None, *, keeps_runs: bool = True) -> SimpleNamespace:
    """A dashboard whose run in progress is that of the job `running`; None: there is none."""
    output = SimpleNamespace(runs=lambda job_id: job_id == running)
    return SimpleNamespace(
        output=output, source=SimpleNamespace(runner=SimpleNamespace(keeps_runs=keeps_runs))
    )


def lingers(feed: FeedSnapshot, status: str = "completed", *, runs: bool = True) -> bool:
    return process_lingers(job_state(Job("job_1", "", status), feed, NOW_MS), feed, NOW_MS, runs=runs)


def seconds_ago(age_s: float) -> FeedSnapshot:
    return last_event(NOW_MS - age_s * 1000)


def test_a_process_outlives_its_job_once_it_runs_for_a_while_after_the_last_event() -> None:
    assert not lingers(seconds_ago(0))
    assert not lingers(seconds_ago(LINGERING_AFTER_S - 0.001))
    assert lingers(seconds_ago(LINGERING_AFTER_S))
    assert not lingers(seconds_ago(3600), runs=False)
    assert not lingers(seconds_ago(3600), "running")


def test_when_the_last_event_was_is_not_known_before_the_stream_was_read() -> None:
    assert not lingers(replace(last_event(None), connection=Connecting()))
    assert lingers(replace(last_event(None), connection=Closed()))


@pytest.mark.parametrize(
    ("dash", "runs"),
    [
        (dashboard("job_1"), True),
        (dashboard("job_2"), False),
        (dashboard(None), False),
        (dashboard("job_1", keeps_runs=False), False),
        (SimpleNamespace(output=None, source=SimpleNamespace(runner=None)), False),
    ],
    ids=["its run", "another run", "no run", "a run that can't be cancelled", "no project"],
)
def test_the_process_of_a_job_runs_if_the_project_s_run_is_its(dash: SimpleNamespace, *, runs: bool) -> None:
    assert process_runs(dash, "job_1") is runs
