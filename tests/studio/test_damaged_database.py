"""A database that is damaged or lost is named in words, at the start and while the Studio runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .process import StudioProcess
from .test_startup import refused

Launch = Callable[..., StudioProcess]

COMPLETES = "send((1, 'training.started', {}), (2, 'training.completed', {}))"
LEAVES_IT = "The Studio leaves it as it is."


@pytest.fixture
def database(project: Path) -> Path:
    return project / ".arkor" / "studio.sqlite3"


def test_a_zeroed_database_is_refused_at_the_start_and_not_changed(launch: Launch, database: Path) -> None:
    studio = launch(trainer=COMPLETES)
    studio.train()
    studio.stop()
    zeros = bytes(database.stat().st_size)
    database.write_bytes(zeros)
    message = refused(launch(wait=False))
    assert message.startswith(f"The Studio did not start: {database} is not a database of SQLite.")
    assert LEAVES_IT in message
    assert database.read_bytes() == zeros


def test_a_database_that_may_not_be_read_is_refused_at_the_start(launch: Launch, database: Path) -> None:
    launch().stop()
    database.chmod(0)
    # Root may read everything, unless it lacks these capabilities.
    as_root = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may read everything")
    message = refused(launch(wait=False, run_by=as_root if os.geteuid() == 0 else ()))
    assert f"{database} can't be opened (Permission denied)" in message


def overwrite(database: Path) -> None:
    with database.open("r+b") as file:
        file.write(b"\xff" * database.stat().st_size)


def replace(database: Path) -> None:
    copy = database.with_name("copy")
    shutil.copy(database, copy)
    copy.replace(database)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (Path.unlink, "was removed, emptied or replaced while the Studio was running."),
        (replace, "was removed, emptied or replaced while the Studio was running."),
        (overwrite, " is "),  # damaged, or no database, if its first page is read again
    ],
    ids=["removed", "replaced", "overwritten"],
)
def test_damage_while_the_studio_runs_is_named_in_every_answer_and_once_in_the_log(
    launch: Launch, database: Path, damage: Callable[[Path], object], says: str
) -> None:
    studio = launch(trainer=COMPLETES)
    job_id, _ = studio.train()
    # What is in the write-ahead log would still be read from there.
    studio.stop()
    studio = launch(trainer=COMPLETES)
    damage(database)
    for path in ("/api/jobs", f"/api/jobs/{job_id}", f"/api/jobs/{job_id}/events") * 2:
        answer = studio.get(path)
        if damage is overwrite and answer.status_code == 200:
            continue  # the Studio had read the pages before, and still has them
        assert answer.status_code == 503, answer.text
        assert answer.json()["error"].startswith(str(database)), answer.text
        assert says in answer.json()["error"]
        assert LEAVES_IT in answer.json()["error"]
    refused = studio.request("POST", "/api/train", json={})
    assert (refused.status_code, refused.json()["error"].startswith(str(database))) == (503, True)
    studio.stop()
    log = studio.process.stderr.read()
    assert "Traceback" not in log
    lines = [line for line in log.splitlines() if line.startswith(str(database))]
    assert lines
    assert len(lines) == len(set(lines))
