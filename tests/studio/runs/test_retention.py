from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from arkor_dash.studio.context import StudioContext
from arkor_dash.studio.runs.launcher import Launcher
from arkor_dash.studio.runs.recorder import Recorder
from arkor_dash.studio.runs.retention import Retention
from arkor_dash.studio.state_dir import StateDir
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.records import NewEvent
from arkor_dash.studio.storage.store import Store
from tests.studio.process import StudioProcess
from tests.studio.script import Script
from tests.waiting import wait_until

Launch = Callable[..., StudioProcess]

AT = datetime(2026, 1, 1, tzinfo=UTC)
SAVES = """
open(os.environ["ARKOR_RUN_DIR"] + "/artifacts/model", "w").write("m")
print("trained", flush=True)
send((1, "training.started", {}), (2, "training.completed", {"artifacts": [{"name": "model"}]}))
"""


@pytest.fixture
def context(project: Path, tmp_path: Path) -> Iterator[StudioContext]:
    state = StateDir(tmp_path / "state")
    state.create()
    with Store(sqlite_url(state.database)) as store:
        yield StudioContext(project, state, store, "", "", keep_runs=2)


def add_job(
    context: StudioContext, job_id: str, *, ended_after_s: float | None, is_external: bool = False
) -> None:
    """A job whose run has saved a file. None: the run is in progress."""
    context.store.create_job(job_id, job_id, AT, is_external=is_external)
    (context.state.run(job_id) / "artifacts").mkdir(parents=True)
    (context.state.run(job_id) / "artifacts" / "model").write_text("m")
    if ended_after_s is not None:
        ended = NewEvent(1, "training.completed", "{}", AT + timedelta(seconds=ended_after_s))
        context.store.append(job_id, [ended])


def remove_old(context: StudioContext, current_job_id: str | None = None) -> list[str]:
    """Remove the files of old runs. Returns the remaining folders."""

    async def run() -> None:
        Retention(context, Launcher(context, Recorder(context))).remove_old(current_job_id)

    asyncio.run(run())
    return sorted(folder.name for folder in context.state.runs.iterdir())


def test_the_folders_of_the_runs_that_ended_last_are_kept(context: StudioContext) -> None:
    for job_id, ended_after_s in [("a", 40), ("b", 10), ("c", 30), ("d", 20)]:
        add_job(context, job_id, ended_after_s=ended_after_s)
    assert remove_old(context) == ["a", "c"]
    assert len(context.store.finished()) == 4


def test_a_run_in_progress_is_kept_and_not_counted(context: StudioContext) -> None:
    add_job(context, "on", ended_after_s=None)
    add_job(context, "script-on", ended_after_s=None, is_external=True)
    # Its trainer has reported the end, but may still save files.
    add_job(context, "saving", ended_after_s=0)
    for number in range(3):
        add_job(context, f"ended-{number}", ended_after_s=number)
    assert remove_old(context, "saving") == ["ended-1", "ended-2", "on", "saving", "script-on"]


def test_the_runs_of_scripts_are_counted_too(context: StudioContext) -> None:
    for number in range(4):
        add_job(context, f"job-{number}", ended_after_s=number, is_external=number % 2 == 0)
    assert remove_old(context) == ["job-2", "job-3"]


def test_with_a_limit_of_zero_all_folders_are_kept(context: StudioContext) -> None:
    for number in range(4):
        add_job(context, f"job-{number}", ended_after_s=number)
    assert len(remove_old(replace(context, keep_runs=0))) == 4


def test_folders_that_belong_to_no_run_of_this_studio_are_left_alone(context: StudioContext) -> None:
    with Store(sqlite_url(context.state.database), owner="another") as other:
        add_job(replace(context, store=other), "theirs", ended_after_s=0)
    context.state.run("unknown").mkdir()
    for number in range(3):
        add_job(context, f"job-{number}", ended_after_s=number + 1)
    assert remove_old(context) == ["job-1", "job-2", "theirs", "unknown"]


def test_a_removal_that_was_cut_short_is_finished_later(context: StudioContext) -> None:
    add_job(context, "a", ended_after_s=0)
    context.state.run("a").rename(context.state.runs / ".removed-a")
    assert remove_old(context) == []


def test_removal_does_not_follow_links(context: StudioContext, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("x")
    for number in range(4):
        add_job(context, f"job-{number}", ended_after_s=number)
    (context.state.run("job-0") / "link").symlink_to(elsewhere)
    context.state.run("job-1").rename(tmp_path / "moved")
    context.state.run("job-1").symlink_to(tmp_path / "moved")
    assert remove_old(context) == ["job-2", "job-3"]
    assert (elsewhere / "precious").exists()
    assert (tmp_path / "moved" / "artifacts" / "model").exists()


def test_the_files_of_old_runs_are_removed_and_their_history_stays(launch: Launch) -> None:
    studio = launch("--keep-runs", "1", trainer=SAVES)
    old, _ = studio.train()
    assert studio.get(f"/api/jobs/{old}/artifacts/model").content == b"m"
    new, _ = studio.train()
    wait_until(lambda: not (studio.state / "runs" / old).exists())

    for path in (f"/api/jobs/{old}/artifacts/model", f"/api/jobs/{old}/output"):
        answer = studio.get(path)
        assert answer.status_code == 410
        assert answer.json()["error"] == (
            f"The files of {studio.job(old)['name']} ({old}) were removed to make room. The Studio keeps the "
            "files of the newest finished runs, at most 1 (setting ARKOR_DASH_KEEP_RUNS)."
        )
    assert studio.job(old)["status"] == "completed"
    assert [event for _, event, _ in studio.events(old)] == ["training.started", "training.completed", "end"]
    assert studio.get(f"/api/jobs/{old}/artifacts/unknown").status_code == 404
    assert studio.get(f"/api/jobs/{new}/artifacts/model").content == b"m"
    assert studio.get(f"/api/jobs/{new}/output").text.startswith("trained\n")


def test_the_files_of_old_runs_are_removed_at_the_start(launch: Launch) -> None:
    studio = launch(trainer=SAVES)
    old, new = studio.train()[0], studio.train()[0]
    studio.stop()
    again = launch("--keep-runs", "1")
    wait_until(lambda: not (again.state / "runs" / old).exists())
    assert again.get(f"/api/jobs/{old}/output").status_code == 410
    assert again.get(f"/api/jobs/{new}/output").status_code == 200


def test_the_files_of_old_runs_are_removed_when_a_scripts_run_ends(launch: Launch, tmp_path: Path) -> None:
    studio = launch("--keep-runs", "1", trainer=SAVES)
    old, _ = studio.train()
    script = Script(tmp_path, ARKOR_STUDIO_URL="")
    assert (studio.state / "runs" / old).exists(), "a run in progress does not count"
    script.end()
    wait_until(lambda: not (studio.state / "runs" / old).exists())
    assert (studio.state / "runs" / script.job_id).exists()


@pytest.mark.parametrize("count", ["-1", "1.5", "x"])
def test_a_number_of_runs_that_is_not_a_whole_number_is_refused(launch: Launch, count: str) -> None:
    studio = launch(f"--keep-runs={count}", wait=False)
    assert studio.process.wait(timeout=60) == 2
    assert "--keep-runs" in studio.process.stderr.read()
