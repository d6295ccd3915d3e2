from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from arkor_dash.studio.database import sqlite_url
from arkor_dash.studio.launcher import Launcher
from arkor_dash.studio.setup import Setup
from arkor_dash.studio.state_dir import StateDir
from arkor_dash.studio.store import Store
from arkor_dash.studio.wakeups import rung


def test_a_run_that_can_neither_start_nor_be_logged_still_ends(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = StateDir(tmp_path / "state")
    state.create()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with Store(sqlite_url(state.database)) as store:
        setup = Setup(project, state, store, "", "")

        async def run() -> tuple[int | None, str]:
            started = await Launcher(setup).start("name")
            shutil.rmtree(started.folder)
            signal = setup.landed.signal(started.job_id)
            await rung(signal.ticket(), 20)
            return started.exit_code, store.job(started.job_id).status

        assert asyncio.run(run()) == (126, "failed")
