from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from arkor_dash.studio.api.batches import parse_batch
from arkor_dash.studio.api.streams import JobEvents, line
from arkor_dash.studio.storage import database, stretches
from arkor_dash.studio.storage.database import open_engine, sqlite_url
from arkor_dash.studio.storage.store import Store
from tests.studio.process import ROOT, read_line

from .archive_contract import ArchiveContract
from .store_contract import AT, completed, log, logs, seqs

OLD = Path(__file__).with_name("version_0003.sql")
WRITER = """
import sys
import threading
from arkor_dash.studio.storage import database, stretches
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store
from tests.studio.storage.store_contract import AT, log
stretches.STRETCH_EVENTS = 200
database.PAGES_KEPT = 0
store = Store(sqlite_url(sys.argv[1]))
store.create_job("job", "", AT)
first = 1

def compact():
    while True:
        if store.archive.compact("job"):
            print("compacted", flush=True)

threading.Thread(target=compact, daemon=True).start()
while True:
    store.append("job", [log(seq, '{"step": %d, "loss": %d.5}' % (seq, seq)) for seq in range(first, first + 500)])
    print(first + 499, flush=True)
    first += 500
"""
KILLED = """
import os
import signal
import sys
from sqlalchemy import Engine, event
from arkor_dash.studio.storage import stretches
from arkor_dash.studio.storage.database import WRITE_OPTION, sqlite_url
from arkor_dash.studio.storage.store import Store
from tests.studio.storage.store_contract import AT, logs
stretches.STRETCH_EVENTS = 10
store = Store(sqlite_url(sys.argv[1]))
store.create_job("job", "", AT)
store.append("job", logs(1, 10))

def kill(connection, *arguments):
    writes = connection.get_execution_options().get(WRITE_OPTION)
    if writes and (not arguments or arguments[1].startswith(sys.argv[2])):
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "commit" if sys.argv[2] == "COMMIT" else "before_cursor_execute", kill)
store.archive.compact("job")
"""
ODDITIES = [
    *(0, 1.5, -0.0, 1e-320, 2**53, 2**53 + 1, 10**400, float("nan"), float("inf"), -float("inf")),
    *("NaN", "1e-4", "1/3", "x\u2028y", "\ud800", "\x00", "%s", None, True, [1.5], {"a": 1}),
]
FIELDS = ["timestamp", "step", "loss", "evalLoss", "lr", "grad_norm", "größe", "note", "artifacts", "error"]
TIMES = ["2026-11-23T11:37:28.453Z", "2026-11-23T11:37:28Z", "soon", 1.7e9]
USUAL = st.fixed_dictionaries(
    {"timestamp": st.sampled_from(TIMES), "step": st.integers(0, 9), "loss": st.floats()}
)
PAYLOADS = st.one_of(
    USUAL, USUAL, st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([*TIMES, *ODDITIES]))
)
NAMES = st.sampled_from(
    ["training.log"] * 5 + ["training.started", "checkpoint.saved", "training.system", "mine"]
)


class TestSqliteArchive(ArchiveContract):
    pass


def read(store: Store, job_id: str, after: int = 0) -> bytes:
    """The job's event stream and then its export, as the Studio serves them."""
    body = b""
    for events in (JobEvents(store, job_id, None), JobEvents(store, job_id, None, line)):
        frames = events.next(after)
        while frames.content:
            body += frames.content
            frames = events.next(frames.reached)
    return body


@given(st.lists(st.tuples(NAMES, PAYLOADS), min_size=1, max_size=40), st.integers(1, 12), st.data())
@settings(max_examples=40)
def test_streams_and_exports_have_the_same_bytes_after_compaction(
    tmp_path_factory: pytest.TempPathFactory,
    sent: list[tuple[str, dict[str, object]]],
    stretch_events: int,
    data: st.DataObject,
) -> None:
    entries = [{"seq": seq, "event": name, "data": payload} for seq, (name, payload) in enumerate(sent, 1)]
    events = parse_batch(json.dumps({"events": entries}).encode())
    path = tmp_path_factory.mktemp("compacted") / "studio.sqlite3"
    with pytest.MonkeyPatch.context() as patch, Store(sqlite_url(path)) as store:
        patch.setattr(stretches, "STRETCH_EVENTS", stretch_events)
        store.create_job("job", "", AT)
        store.append("job", events)
        after = data.draw(st.integers(0, len(events)))
        before = read(store, "job"), read(store, "job", after)
        while store.archive.compact("job"):
            assert (read(store, "job"), read(store, "job", after)) == before
        assert store.archive.stretches_after("job", 0).reached > len(events) - stretch_events
        assert store.append("job", events) == len(events)


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO stretches", "DELETE FROM events", "UPDATE jobs", "PRAGMA freelist_count", "COMMIT"],
)
def test_a_studio_that_is_killed_within_a_compaction_has_all_events_as_before(
    path: Path, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "STRETCH_EVENTS", 10)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), statement], cwd=ROOT, timeout=120, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    with Store(sqlite_url(path)) as store:
        assert [(each.seq, each.data) for each in store.events_after("job", 0).events] == [
            (seq, f'{{"step": {seq}}}') for seq in range(1, 11)
        ]
        assert store.archive.compactable() == ["job"]


def test_a_studio_that_is_killed_while_it_writes_and_compacts_loses_and_doubles_no_event(path: Path) -> None:
    compacted_before = 3
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    with writer:
        lines: list[str] = []
        while lines.count("compacted") < compacted_before:
            lines.append(read_line(writer).strip())
        writer.kill()
        lines += writer.stdout.read().split()
    acknowledged = max([int(each) for each in lines if each.isdigit()], default=0)
    with Store(sqlite_url(path)) as store:
        stored: list[int] = []
        while page := store.events_after("job", stored[-1] if stored else 0).events:
            assert all(each.data == f'{{"step": {each.seq}, "loss": {each.seq}.5}}' for each in page)
            stored += [each.seq for each in page]
        assert stored == list(range(1, len(stored) + 1))
        assert len(stored) >= acknowledged
        assert store.archive.stretches_after("job", 0).reached >= 200 * compacted_before
        assert store.append("job", [log(len(stored) + 1)]) == len(stored) + 1


def test_a_stretch_that_can_not_be_stored_leaves_the_events_as_they_were(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "STRETCH_EVENTS", 4)
    store.create_job("job", "", AT)
    store.append("job", logs(1, 6))
    with sqlite3.connect(path) as other:
        other.execute("create trigger full before delete on events begin select raise(abort, 'no room'); end")
    before = read(store, "job")
    with pytest.raises(Exception, match="no room"):
        store.archive.compact("job")
    assert read(store, "job") == before
    assert store.archive.stretches_after("job", 0).stretches == ()


def test_a_job_is_deleted_with_its_stretches(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "LEAST_EVENTS", 2)
    for job_id in ("job_a", "job_b"):
        store.create_job(job_id, "", AT)
        store.append(job_id, [log(1), completed(2)])
        assert store.archive.compact(job_id)
    store.delete_job("job_a")
    with sqlite3.connect(path) as other:
        assert other.execute("select job_id from stretches").fetchall() == [("job_b",)]
    assert seqs(store.events_after("job_b", 0)) == [1, 2]


def test_a_database_of_an_older_version_keeps_its_events_and_gets_them_into_columns(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(path) as old:
        old.executescript(OLD.read_text())
        rows = old.execute("select seq, name, data from events order by seq").fetchall()
    monkeypatch.setattr(stretches, "LEAST_EVENTS", 4)
    with Store(sqlite_url(path)) as store:

        def stored() -> list[tuple[Any, ...]]:
            return [(each.seq, each.name, each.data) for each in store.events_after("job_a", 0).events]

        assert stored() == rows
        assert store.archive.compactable() == ["job_a"]
        assert store.archive.compact("job_a")
        assert stored() == rows
        assert store.job("job_a").status == "completed"
        assert store.has_artifact("job_a", "model.npz")
    with sqlite3.connect(path) as upgraded:
        assert upgraded.execute("select count(*) from events").fetchall() == [(0,)]


def test_events_whose_metrics_are_not_summarized_yet_stay_in_rows(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "STRETCH_EVENTS", 2)
    store.create_job("job", "", AT)
    store.append("job", logs(1, 4))
    with sqlite3.connect(path) as other:
        other.execute("update jobs set summarized_seq = null")
    assert (store.archive.compactable(), store.archive.compact("job")) == ([], False)
    while store.summarize_page("job"):
        pass
    assert (store.archive.compactable(), store.archive.compact("job")) == (["job"], True)


def test_the_room_of_compacted_events_is_given_back(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PAGES_KEPT", 10)
    store.create_job("job", "", AT)
    store.append(
        "job",
        [log(seq, f'{{"step": {seq}, "loss": {seq / 7}, "acc": {seq / 11}}}') for seq in range(1, 20_001)],
    )

    def pages() -> int:
        with open_engine(sqlite_url(path)).connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    before = pages()
    while store.archive.compact("job"):
        pass
    assert pages() < before / 2


def test_a_busy_database_is_an_error_of_the_database(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "STRETCH_EVENTS", 2)
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 0.0)
    with Store(sqlite_url(path)) as impatient, sqlite3.connect(path, isolation_level=None) as other:
        store.create_job("job", "", AT)
        store.append("job", logs(1, 2))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError):
            impatient.archive.compact("job")
        other.execute("ROLLBACK")
    assert store.archive.compact("job")
