from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from arkor_dash.studio.context import StudioContext
from arkor_dash.studio.runs import external, recorder
from arkor_dash.studio.runs.external import ExternalRuns
from arkor_dash.studio.runs.recorder import Recorder
from arkor_dash.studio.runs.watchdog import Watchdog
from arkor_dash.studio.state_dir import StateDir
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store
from arkor_dash.studio.wakeups import wait_for


def test_an_internal_error_about_one_silent_run_does_not_stop_the_watchdog(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = StateDir(tmp_path / "state")
    state.create()
    monkeypatch.setattr(external, "TICK_S", 0.01)
    monkeypatch.setattr(Watchdog, "tick", lambda _self, _now_s, runs: list(runs))
    failures = iter([ValueError("a bug")])

    async def watch(context: StudioContext) -> str:
        runs = ExternalRuns(context, Recorder(context))
        run = await runs.open("name", "{}")
        end_run = context.store.end_run

        def fail_once(*arguments: object) -> bool:
            for failure in failures:
                raise failure
            return end_run(*arguments)

        monkeypatch.setattr(context.store, "end_run", fail_once)
        monkeypatch.setattr(recorder, "RETRY_S", 0.01)
        runs.start()
        async with asyncio.timeout(20):
            while context.store.job(run.job_id).status != "failed":
                await wait_for(context.run_ended.next(), 0.1)
        runs.stop()
        return context.store.job(run.job_id).status

    with Store(sqlite_url(state.database)) as store:
        assert asyncio.run(watch(StudioContext(project, state, store, "", ""))) == "failed"
