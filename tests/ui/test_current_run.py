"""Which run the Overview page shows."""

from __future__ import annotations

from datetime import UTC, datetime

from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.current_run import CurrentRun, current_run_of


def at(hour: int) -> datetime:
    return datetime(2026, 11, 23, hour, tzinfo=UTC)


def test_the_newest_running_job_is_shown_and_the_others_are_counted():
    jobs = [
        Job("ended", "", "completed", at(9), completed_at=at(10)),
        Job("cancelling", "", "cancelling", at(2)),
        Job("newest", "", "running", at(3)),
        Job("old", "", "running", at(1)),
        Job("unknown", "", "running"),
    ]
    assert current_run_of(jobs) == CurrentRun("newest", 3)


def test_the_job_that_ended_last_is_shown_when_none_runs():
    jobs = [
        Job("waits", "", "queued", at(9)),
        Job("short", "", "failed", at(3), completed_at=at(4)),
        Job("long", "", "completed", at(1), completed_at=at(5)),
        Job("archived", "", "completed", at(6), completed_at=at(7), archived=True),
    ]
    assert current_run_of(jobs) == CurrentRun("long", 0)


def test_no_job_is_shown_before_one_has_run():
    assert current_run_of([Job("waits", "", "queued", at(9))]) == CurrentRun(None, 0)
