"""A run can be ended, and is shown as ended, whatever the disk and the database do. It is stored later."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.studio.process import StudioProcess, wait_until_dead
from tests.studio.small_disk import SmallDisk
from tests.waiting import wait_until

from .test_cancel import REAL_TRAINER
from .test_train import trainer_of

Launch = Callable[..., StudioProcess]

REPORTS = """
import signal
send((1, "training.started", {}), (2, "training.log", {"step": 1, "loss": 2.5}))
print("up", flush=True)
signal.pause()
"""
NO_GRACE = ("--cancel-grace-s", "0")
PROJECT = """
import threading
from pathlib import Path
from arkor_dash.sdk import create_arkor, create_trainer

def train(run):
    print("up", flush=True)
    while not Path({go!r}).exists():
        threading.Event().wait(0.02)
    for step in range(1, 4001):
        run.log(step, loss=1 / step)
    Path({logged!r}).touch()

arkor = create_arkor(trainer=create_trainer(name="logs", train=train))
"""


@pytest.fixture
def disk(project: Path) -> Iterator[SmallDisk]:
    """The disk of the project's state folder."""
    (project / ".arkor").mkdir()
    try:
        disk = SmallDisk(project / ".arkor")
    except PermissionError as error:
        pytest.skip(str(error))
    yield disk
    disk.close()


def start(launch: Launch, disk: SmallDisk, trainer: str = REPORTS) -> tuple[StudioProcess, str]:
    studio = launch(*NO_GRACE, trainer=trainer, run_by=disk.run_by)
    job_id = studio.start()
    wait_until(lambda: "up" in (disk.path / "runs" / job_id / "output.log").read_text())
    return studio, job_id


def is_stored(studio: StudioProcess, disk: SmallDisk, job_id: str, status: str) -> bool:
    query = f"SELECT status FROM jobs WHERE id = '{job_id}'"
    code = f"import sqlite3; print(*sqlite3.connect({str(studio.state / 'studio.sqlite3')!r}).execute({query!r}))"
    command = [*disk.run_by, sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout == f"('{status}',)\n"


def shown(studio: StudioProcess, job_id: str) -> tuple[str, str, str, str | None]:
    """The job's status on its page and in the list, the name of its stream's last event, and its error."""
    listed = {job["id"]: job for job in studio.get("/api/jobs").json()["jobs"]}
    job = studio.job(job_id)
    *_, (_, last, data), (_, end, _) = studio.events(job_id)
    assert end == "end"
    assert {**listed[job_id], "error": data.get("error")} == job
    return job["status"], listed[job_id]["status"], last, job["error"]


def is_running(studio: StudioProcess) -> bool:
    return studio.get("/api/train").json()["run"]["running"]


def test_a_run_can_be_cancelled_when_the_disk_is_full(launch: Launch, disk: SmallDisk) -> None:
    studio, job_id = start(launch, disk)
    family = studio.descendants()
    disk.fill()
    answer = studio.request("POST", f"/api/jobs/{job_id}/cancel")
    assert answer.status_code == 202
    assert answer.json()["job"]["status"] in ("cancelling", "cancelled")
    wait_until(lambda: not is_running(studio))
    wait_until_dead(family)
    assert shown(studio, job_id) == ("cancelled", "cancelled", "training.cancelled", None)
    assert is_stored(studio, disk, job_id, "running")
    disk.free()
    wait_until(lambda: is_stored(studio, disk, job_id, "cancelled"))
    assert shown(studio, job_id) == ("cancelled", "cancelled", "training.cancelled", None)


def test_a_killed_trainer_has_failed_when_the_disk_is_full_and_another_run_starts_once_there_is_room(
    launch: Launch, disk: SmallDisk
) -> None:
    studio, job_id = start(launch, disk)
    disk.fill()
    trainer_of(studio).kill()
    wait_until(lambda: not is_running(studio))
    error = "The trainer was killed by SIGKILL (often out of memory).\nLast lines of its output:\nup"
    assert shown(studio, job_id) == ("failed", "failed", "training.failed", error)
    refused = studio.request("POST", "/api/train", json={})
    assert (refused.status_code, refused.json()) == (
        503,
        {"error": f"The disk of {studio.state} is full. Make room."},
    )
    assert [each.name for each in (disk.path / "runs").iterdir()] == [job_id]
    disk.free()
    studio.start()
    wait_until(lambda: is_stored(studio, disk, job_id, "failed"))
    assert shown(studio, job_id) == ("failed", "failed", "training.failed", error)


@pytest.mark.parametrize(
    ("ending", "status", "error"),
    [
        ("cancel", "cancelled", None),
        (
            "kill",
            "failed",
            "The trainer was killed by SIGKILL (often out of memory).\nLast lines of its output:\nup",
        ),
    ],
)
def test_the_next_studio_knows_how_a_run_has_ended_on_a_full_disk(
    launch: Launch, disk: SmallDisk, ending: str, status: str, error: str | None
) -> None:
    studio, job_id = start(launch, disk)
    disk.fill()
    if ending == "cancel":
        assert studio.request("POST", f"/api/jobs/{job_id}/cancel").status_code == 202
    else:
        trainer_of(studio).kill()
    wait_until(lambda: not is_running(studio))
    studio.process.kill()
    studio.process.wait(timeout=20)
    disk.free()
    again = launch(run_by=disk.run_by)
    assert (again.job(job_id)["status"], again.job(job_id)["error"]) == (status, error)


def test_a_studio_that_stops_with_a_full_disk_leaves_a_stopped_run(launch: Launch, disk: SmallDisk) -> None:
    studio, job_id = start(launch, disk)
    family = studio.descendants()
    disk.fill()
    assert studio.stop() == 0
    wait_until_dead(family)
    disk.free()
    job = launch(run_by=disk.run_by).job(job_id)
    assert (job["status"], job["error"]) == ("failed", "The Studio was stopped during the run.")


def test_no_event_is_lost_when_the_disk_was_full_for_a_while(
    launch: Launch, project: Path, disk: SmallDisk
) -> None:
    go, logged = project / "go", project / "logged"
    (project / "src" / "arkor").mkdir(parents=True)
    (project / "src" / "arkor" / "index.py").write_text(PROJECT.format(go=str(go), logged=str(logged)))
    studio = launch(trainer=REAL_TRAINER, run_by=disk.run_by)
    job_id = studio.start()
    wait_until(lambda: "up" in (disk.path / "runs" / job_id / "output.log").read_text())
    disk.fill()
    go.touch()
    wait_until(logged.exists)
    disk.free()
    steps = [data["step"] for _, name, data in studio.events(job_id) if name == "training.log"]
    assert steps == list(range(1, 4001))
    assert studio.job(job_id)["status"] == "completed"


def test_a_script_hears_of_its_cancellation_when_the_disk_is_full(launch: Launch, disk: SmallDisk) -> None:
    studio = launch(run_by=disk.run_by)
    opened = studio.request("POST", "/api/jobs", json={"name": "a script", "config": {}}).json()
    job_id, headers = opened["job"]["id"], {"X-Arkor-Studio-Token": opened["token"]}
    disk.fill()
    assert studio.request("POST", f"/api/jobs/{job_id}/cancel").status_code == 202
    heartbeat = studio.request("POST", f"/api/jobs/{job_id}/heartbeat", headers=headers)
    assert heartbeat.json() == {"cancelling": True}
    batch = json.dumps({"events": [{"seq": 1, "event": "training.completed", "data": {}}]})
    events = f"/api/jobs/{job_id}/events"
    assert studio.request("POST", events, data=batch, headers=headers).status_code == 503
    disk.free()
    assert studio.request("POST", events, data=batch, headers=headers).json() == {"acknowledged": 1}
    assert studio.job(job_id)["status"] == "cancelled"


def test_output_that_a_full_disk_has_no_room_for_is_counted_in_the_log(
    launch: Launch, disk: SmallDisk
) -> None:
    code = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
print("up", flush=True)
for size in (70_000, 10):
    signal.sigwait({signal.SIGUSR1})
    print("x" * size, flush=True)
signal.sigwait({signal.SIGUSR1})
"""
    studio, job_id = start(launch, disk, code)
    log = disk.path / "runs" / job_id / "output.log"
    disk.fill()
    trainer = trainer_of(studio)
    trainer.send_signal(10)
    wait_until(lambda: log.stat().st_size > 3)
    disk.free()
    trainer.send_signal(10)
    wait_until(lambda: "bytes are missing: the disk was full" in log.read_text())
    trainer.send_signal(10)
    wait_until(lambda: not is_running(studio))
    kept, lost, rest = re.split(r"\n\[(\d+) bytes are missing: the disk was full\]\n", log.read_text())
    assert len(kept) + int(lost) + len(rest) == len("up\n") + 70_001 + 11


def test_a_run_can_be_cancelled_while_another_program_locks_the_database(launch: Launch) -> None:
    studio = launch(*NO_GRACE, trainer=REPORTS)
    job_id = studio.start()
    wait_until(lambda: studio.output_holds(job_id, "up"))
    family = studio.descendants()
    locked = sqlite3.connect(studio.state / "studio.sqlite3", isolation_level=None)
    with contextlib.closing(locked):
        locked.execute("BEGIN IMMEDIATE")
        answer = studio.request("POST", f"/api/jobs/{job_id}/cancel")
        assert answer.status_code == 202
        wait_until_dead(family)
        wait_until(lambda: not is_running(studio))
        assert shown(studio, job_id)[:2] == ("cancelled", "cancelled")
        locked.execute("ROLLBACK")
    assert studio.stop() == 0
    assert launch().job(job_id)["status"] == "cancelled"
