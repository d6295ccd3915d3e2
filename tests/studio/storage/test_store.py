from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import create_mock_engine, text
from sqlalchemy.exc import IntegrityError

from arkor_dash.studio.storage import stretches
from arkor_dash.studio.storage.database import METADATA, WRITE_OPTION, open_engine, sqlite_url
from arkor_dash.studio.storage.records import NewEvent, to_job
from arkor_dash.studio.storage.store import Store
from tests.studio.process import ROOT, read_line

from .store_contract import AT, StoreContract, completed, log, logs, seqs, started

WRITER = """
import sys
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store
from tests.studio.storage.store_contract import AT, log
store = Store(sqlite_url(sys.argv[1]))
store.create_job("job", "", AT)
first = 1
while True:
    batch = [log(seq, '{"x": "%s"}' % ("y" * 2_000)) for seq in range(first, first + 500)]
    print(store.append("job", batch), flush=True)
    first += 500
"""


class TestSqliteStore(StoreContract):
    pass


class CompactingStore(Store):
    """Stores events in columns as soon as they are stored at all."""

    def append(self, job_id: str, events: Sequence[NewEvent]) -> int:
        stored = super().append(job_id, events)
        while self.archive.compact(job_id):
            pass
        return stored


class TestCompactedSqliteStore(StoreContract):
    """Nobody who reads can see that events were compacted."""

    @pytest.fixture
    def store(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
        monkeypatch.setattr(stretches, "STRETCH_EVENTS", 2)
        monkeypatch.setattr(stretches, "LEAST_EVENTS", 1)
        with CompactingStore(sqlite_url(path)) as opened:
            yield opened


def test_a_store_that_is_opened_again_has_the_same_data(path: Path) -> None:
    with Store(sqlite_url(path)) as store:
        store.create_job("job", "name", AT)
        store.append("job", [started(1), *logs(2, 5)])
        before = store.job("job"), store.events_after("job", 0)
    with Store(sqlite_url(path)) as store:
        assert (store.job("job"), store.events_after("job", 0)) == before
        assert store.append("job", [log(6), completed(7)]) == 7


@pytest.mark.parametrize("acknowledged_before", [1, 4, 9])
def test_a_killed_writer_loses_no_acknowledged_event(path: Path, acknowledged_before: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    with writer:
        acknowledged = [int(read_line(writer)) for _ in range(acknowledged_before)]
        writer.kill()
        acknowledged += map(int, writer.stdout.read().split())
    with Store(sqlite_url(path)) as store:
        stored: list[int] = []
        while page := seqs(store.events_after("job", stored[-1] if stored else 0)):
            stored += page
        assert stored == list(range(1, len(stored) + 1))
        assert len(stored) % 500 == 0, "half a batch was kept"
        assert len(stored) >= acknowledged[-1]
        assert store.append("job", []) == len(stored)
        assert store.append("job", [log(len(stored) + 1)]) == len(stored) + 1


def test_a_batch_that_can_not_be_written_whole_is_not_written_at_all(path: Path, store: Store) -> None:
    store.create_job("job", "", AT)
    with sqlite3.connect(path) as other:
        other.execute("insert into events values ('job', 3, 'in the way', '{}')")
    with pytest.raises(IntegrityError):
        store.append("job", [started(1), log(2), log(3)])
    assert seqs(store.events_after("job", 0)) == [3]
    assert store.job("job").status == "queued"


def test_commits_are_synced_and_foreign_keys_are_checked(path: Path, store: Store) -> None:
    with open_engine(sqlite_url(path)).connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        assert [connection.scalar(text(f"PRAGMA {each}")) for each in pragmas] == ["wal", 2, 1]
        with pytest.raises(IntegrityError):
            connection.execute(text("insert into events values ('no such job', 1, 'x', '{}')"))


def test_a_writer_waits_for_another_instead_of_failing(path: Path, store: Store) -> None:
    engine = open_engine(sqlite_url(path)).execution_options(**{WRITE_OPTION: True})
    with engine.begin() as connection:
        with sqlite3.connect(path, timeout=0) as other, pytest.raises(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")
        connection.rollback()


def test_studios_that_share_a_database_only_handle_their_own_runs(path: Path, store: Store) -> None:
    store.create_job("ours", "", AT)
    with Store(sqlite_url(path), owner="another") as other:
        other.create_job("theirs", "", AT)
        assert other.unfinished() == ["theirs"]
    assert store.unfinished() == ["ours"]
    latest = store.latest_run()
    assert latest is not None
    assert latest.job_id == "ours"
    assert [job.id for job in store.jobs(to_job)] == ["theirs", "ours"]


def test_the_tables_can_be_created_in_postgresql() -> None:
    made: list[str] = []
    engine = create_mock_engine(
        "postgresql://", lambda sql, *_, **__: made.append(str(sql.compile(dialect=engine.dialect)))
    )
    METADATA.create_all(engine, checkfirst=False)
    assert len([sql for sql in made if "CREATE TABLE" in sql]) == len(METADATA.tables)
    assert not [sql for sql in made if "ROWID" in sql]
