from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from arkor_dash.studio.context import Commands, StudioContext
from arkor_dash.studio.runs import children, launcher
from arkor_dash.studio.runs.launcher import Launcher
from arkor_dash.studio.runs.recorder import Recorder
from arkor_dash.studio.runs.run import Run, RunEnd
from arkor_dash.studio.state_dir import StateDir
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.records import to_job
from arkor_dash.studio.storage.store import Store
from arkor_dash.studio.wakeups import wait_for


@pytest.fixture
def context(project: Path, tmp_path: Path) -> Iterator[StudioContext]:
    state = StateDir(tmp_path / "state")
    state.create()
    with Store(sqlite_url(state.database)) as store:
        yield StudioContext(project, state, store, "", "", Commands(start=(sys.executable, "-c", "")))


def test_a_run_that_can_not_start_and_has_no_log_still_ends(
    context: StudioContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))

    async def run() -> tuple[int | None, str]:
        started = await Launcher(context, Recorder(context)).start("name")
        shutil.rmtree(started.folder)
        signal = context.events_stored.signal(started.job_id)
        await wait_for(signal.next(), 20)
        return started.exit_code, context.store.job(started.job_id).status

    assert asyncio.run(run()) == (126, "failed")


def test_another_run_can_start_after_a_start_that_failed(context: StudioContext) -> None:
    async def start_twice() -> None:
        launcher = Launcher(context, Recorder(context))
        folder = context.state.root / "runs"
        folder.rmdir()
        with pytest.raises(FileNotFoundError):
            await launcher.start("first")
        assert await launcher.latest() is None
        folder.mkdir()
        run = await launcher.start("second")
        assert (await launcher.latest()).job_id == run.job_id
        await launcher.stop()

    asyncio.run(start_twice())
    assert [job.name for job in context.store.jobs(to_job)] == ["second"]


@pytest.mark.parametrize("broken", ["spawn", "wait", "settle", "reason_of_death"])
def test_a_run_ends_after_an_internal_error_and_another_one_can_start(
    context: StudioContext, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("a bug")

    holder = {"spawn": children.GuardedChild, "wait": children.GuardedChild, "settle": Run}.get(
        broken, launcher
    )
    idle = (sys.executable, "-c", "import signal; signal.pause()" if broken == "wait" else "")
    context = replace(context, commands=Commands(start=idle))

    async def run() -> tuple[int | None, str | None]:
        """Fails if the trainer is not ended."""
        runs = launcher.Launcher(context, Recorder(context))
        with monkeypatch.context() as patch:
            patch.setattr(holder, broken, fail)
            first = await runs.start("first")
            if first.exit_code is None:
                await wait_for(context.run_ended.next(), 20)
        second = await runs.start("second")
        assert second.job_id != first.job_id
        await runs.stop()
        async with asyncio.timeout(60):
            while psutil.Process().children(recursive=True):
                await asyncio.sleep(0.01)
        return first.exit_code, context.store.job(first.job_id).error

    assert asyncio.run(run()) == (137, launcher.INTERNAL_ERROR)


def test_another_run_can_start_after_an_end_that_can_not_be_stored(
    context: StudioContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a bug")

    async def run() -> int | None:
        runs = launcher.Launcher(context, Recorder(context))
        with monkeypatch.context() as patch:
            patch.setattr(context.store, "end_run", fail)
            first = await runs.start("first")
            if first.exit_code is None:
                await wait_for(context.run_ended.next(), 20)
        await runs.start("second")
        await runs.stop()
        return first.exit_code

    assert asyncio.run(run()) == 0


def test_what_has_become_of_a_run_whose_job_is_gone_counts_as_stored(context: StudioContext) -> None:
    run = Run("job_gone", context.state.run("job_gone"))
    run.cancelled.set()
    run.end = RunEnd(137, "error", datetime.now(UTC))
    run.store_changes(context.store)
    assert not run.has_unstored
