"""What a run knows of its job before the database does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from arkor_dash.protocol.jobs import Job
from arkor_dash.studio.runs import run as module
from arkor_dash.studio.runs.run import Run, RunEnd
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store

END = RunEnd(137, "killed", datetime.now(UTC))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run("job_1", tmp_path)


@pytest.mark.parametrize("is_stored", [False, True])
@pytest.mark.parametrize(
    ("read", "known"),
    [("running", ("failed", "killed")), ("cancelling", ("cancelled", None))],
)
def test_a_job_that_was_read_before_its_end_was_stored_has_ended(
    run: Run, read: str, known: tuple[str, str | None], *, is_stored: bool
) -> None:
    run.end = END
    if is_stored:
        with Store(sqlite_url(run.folder / "studio.sqlite3")) as store:
            store.create_job(run.job_id, "name", datetime.now(UTC))
            run.store_changes(store)
    job = run.as_known(Job(run.job_id, "name", read))
    assert ((job.status, job.error), job.completed_at) == (known, END.at)


def test_a_run_settles_once_its_last_request_is_stored_however_long_that_takes(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUIET_S", 0.01)
    monkeypatch.setattr(module, "QUIET_LIMIT_S", 0.02)

    async def report_slowly() -> bool:
        with run.delivery():
            settled = asyncio.create_task(run.settle())
            await asyncio.sleep(0.3)
            is_early = settled.done()
        await asyncio.wait_for(settled, 60)
        return is_early

    assert not asyncio.run(report_slowly())


def test_a_run_that_never_stops_reporting_settles(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_LIMIT_S", 0.05)

    async def report_for_ever() -> None:
        settled = asyncio.create_task(run.settle())
        while not settled.done():
            with run.delivery():
                await asyncio.sleep(0)
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(report_for_ever(), 60))


def test_a_job_whose_trainer_has_reported_the_end_is_shown_as_it_was_read(run: Run) -> None:
    run.end, run.has_reported_end = END, True
    job = Job(run.job_id, "name", "running")
    assert run.as_known(job) is job


def test_a_running_job_is_cancelling_once_that_was_requested_and_cancelled_at_its_end(run: Run) -> None:
    job = Job(run.job_id, "name", "running")
    assert run.as_known(job) == job
    run.cancelled.set()
    assert run.as_known(job).status == "cancelling"
    run.end = END
    assert run.as_known(job).status == "cancelled"


@pytest.mark.parametrize("status", ["running", "cancelling"])
def test_a_run_that_has_reported_nothing_for_a_minute_says_since_when(run: Run, status: str) -> None:
    job = Job(run.job_id, "name", status)
    assert run.as_known(job) == job
    run.last_event_at -= timedelta(minutes=1)
    assert run.as_known(job) == replace(job, silent_since=run.last_event_at)
    run.note_events(["training.system"])
    assert run.as_known(job).silent_since is not None
    run.note_events(["training.log"])
    assert run.as_known(job) == job
