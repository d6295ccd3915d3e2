"""What is no database of the Studio, or a damaged one, is refused in words and left as it is."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from arkor_dash.errors import StudioStartError
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.records import to_job
from arkor_dash.studio.storage.store import Store
from arkor_dash.studio.storage.verify import verify

AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """The folder with the files of a run."""
    runs = tmp_path / "runs"
    (runs / "job_a").mkdir(parents=True)
    return runs


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with a job that is only in its write-ahead log, as a killed Studio leaves it."""
    whole = tmp_path / "whole.sqlite3"
    file = tmp_path / "studio.sqlite3"
    with Store(sqlite_url(whole)) as store:
        store.create_job("job_a", "a", AT)
        for end in ("", "-wal"):
            shutil.copy(f"{whole}{end}", f"{file}{end}")
    return file


def wal(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def of_another_program(file: Path) -> None:
    wal(file).unlink()
    file.unlink()
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE jobs (id, at)")
        database.execute("CREATE TABLE songs (title)")


def as_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def emptied(file: Path) -> None:
    wal(file).unlink()
    file.write_bytes(b"")


def without_its_log(file: Path) -> None:
    wal(file).unlink()


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "not SQLite": (lambda file: file.write_bytes(b"no database" * 1_000), "is not a database of SQLite."),
    "zeroed": (lambda file: file.write_bytes(bytes(file.stat().st_size)), "is not a database of SQLite."),
    "emptied": (emptied, "is empty, but"),
    "emptied, with a log": (lambda file: file.write_bytes(b""), "is empty, but"),
    "without its log": (without_its_log, "has the files of runs: the history is lost."),
    "damaged": (lambda file: overwrite(file, 100, b"\xff" * 3_000), "is damaged."),
    "of another program": (
        of_another_program,
        "is the database of another program (its tables: jobs, songs).",
    ),
    "a folder": (as_a_folder, "is a folder, but should be the Studio's database."),
    "zeroed log": (lambda file: wal(file).write_bytes(bytes(wal(file).stat().st_size)), "-wal is damaged."),
    "overwritten log": (lambda file: overwrite(wal(file), 8, b"xyz"), "-wal is damaged."),
}


def overwrite(file: Path, offset: int, content: bytes) -> None:
    if offset == 100:
        # The first page is read from the log if it is there.
        with closing(sqlite3.connect(file)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as opened:
        opened.seek(offset)
        opened.write(content)


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_no_whole_database_of_the_studio_is_refused_and_left_as_it_is(
    file: Path, runs: Path, damage: str
) -> None:
    make, message = DAMAGES[damage]
    make(file)
    before = contents(file.parent)
    with pytest.raises(StudioStartError) as refused:
        verify(file, runs)
    assert str(refused.value).startswith(str(file))
    assert message in str(refused.value)
    assert contents(file.parent) == before


def test_a_database_that_a_killed_studio_has_left_is_accepted_with_all_its_jobs(
    file: Path, runs: Path
) -> None:
    verify(file, runs)
    with Store(sqlite_url(file)) as store:
        assert [job.id for job in store.jobs(to_job)] == ["job_a"]


@pytest.mark.parametrize("content", [None, b""])
def test_a_new_database_is_accepted_as_long_as_there_are_no_files_of_runs(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "studio.sqlite3"
    if content is not None:
        file.write_bytes(content)
    verify(file, tmp_path / "runs")


def test_a_database_that_was_moved_away_begins_anew(tmp_path: Path, runs: Path) -> None:
    verify(tmp_path / "studio.sqlite3", runs)
