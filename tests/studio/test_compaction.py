from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from arkor_dash.studio import compaction
from arkor_dash.studio.compaction import Compaction
from arkor_dash.studio.context import StudioContext
from arkor_dash.studio.state_dir import StateDir
from arkor_dash.studio.storage import stretches
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store
from tests.waiting import PATIENCE_S

from .storage.store_contract import AT, logs


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StudioContext]:
    """A Studio in which two events are a full stretch."""
    monkeypatch.setattr(stretches, "STRETCH_EVENTS", 2)
    state = StateDir(tmp_path / "state")
    state.create()
    with Store(sqlite_url(state.database)) as store:
        for job_id in ("job_a", "job_b"):
            store.create_job(job_id, "", AT)
        yield StudioContext(tmp_path, state, store, "http://127.0.0.1:1", "token")


def compacted(context: StudioContext, job_id: str) -> int:
    """The last event that is stored in columns."""
    return context.store.archive.stretches_after(job_id, 0).reached


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


def run(context: StudioContext, work: Callable[[], Awaitable[None]]) -> None:
    async def running() -> None:
        task = Compaction(context)
        task.start()
        try:
            await work()
        finally:
            task.stop()

    asyncio.run(running())


def test_stretches_are_stored_at_the_start_and_when_they_are_full(context: StudioContext) -> None:
    context.store.append("job_a", logs(1, 5))

    async def work() -> None:
        await until(lambda: compacted(context, "job_a") == 4)
        context.store.append("job_b", logs(1, 3))
        context.stretch_filled.notify()
        await until(lambda: compacted(context, "job_b") == 2)

    run(context, work)


def test_a_job_whose_events_can_not_be_moved_is_logged_once_and_keeps_no_other_waiting(
    context: StudioContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compaction, "CHECK_S", 0.01)
    with sqlite3.connect(context.state.database) as other:
        other.execute(
            "create trigger refused before delete on events when old.job_id = 'job_b'"
            " begin select raise(abort, 'refused'); end"
        )
    for job_id in ("job_a", "job_b"):
        context.store.append(job_id, logs(1, 4))

    async def work() -> None:
        await until(lambda: compacted(context, "job_a") == 4)
        context.store.append("job_a", logs(5, 8))
        await until(lambda: compacted(context, "job_a") == 8)

    with caplog.at_level(logging.ERROR):
        run(context, work)
    assert compacted(context, "job_b") == 0
    assert [event.seq for event in context.store.events_after("job_b", 0).events] == [1, 2, 3, 4]
    assert len(caplog.records) == 1
