from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from arkor_dash.errors import StudioStartError
from arkor_dash.protocol.labels import LabelChange
from arkor_dash.protocol.metric_summaries import MetricSummary
from arkor_dash.studio.storage import schema, summaries
from arkor_dash.studio.storage.database import METADATA, WRITE_OPTION, open_engine, sqlite_url
from arkor_dash.studio.storage.records import NewEvent, to_job
from arkor_dash.studio.storage.store import Store
from tests.studio.process import ROOT

MIGRATIONS = Path(schema.__file__).with_name("migrations")

FIRST_RELEASES = """
CREATE TABLE jobs (
    number INTEGER NOT NULL,
    id VARCHAR(64) NOT NULL,
    owner VARCHAR(64) NOT NULL,
    name TEXT NOT NULL,
    status VARCHAR(16) NOT NULL,
    config TEXT NOT NULL,
    error TEXT,
    created_at_ms BIGINT NOT NULL,
    started_at_ms BIGINT,
    completed_at_ms BIGINT,
    exit_code INTEGER,
    last_seq BIGINT NOT NULL,
    PRIMARY KEY (number),
    UNIQUE (id)
);
CREATE INDEX jobs_by_owner_and_status ON jobs (owner, status);
CREATE TABLE events (
    job_id VARCHAR(64) NOT NULL,
    seq BIGINT NOT NULL,
    name VARCHAR(64) NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (job_id, seq),
    FOREIGN KEY(job_id) REFERENCES jobs (id)
)
 WITHOUT ROWID;
CREATE TABLE artifacts (
    job_id VARCHAR(64) NOT NULL,
    seq BIGINT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    step FLOAT,
    size_bytes BIGINT,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (job_id, seq, position),
    FOREIGN KEY(job_id) REFERENCES jobs (id)
);
INSERT INTO jobs VALUES (1, 'job_a', 'local', 'old', 'completed', '{"x": 1}', NULL, 1000, 2000, 3000, 0, 2);
INSERT INTO jobs VALUES (2, 'job_b', 'local', 'new', 'running', '{}', NULL, 4000, 5000, NULL, NULL, 0);
INSERT INTO events VALUES ('job_a', 1, 'training.log', '{"step": 1, "loss": NaN}');
INSERT INTO events VALUES ('job_a', 2, 'training.completed', '{}');
INSERT INTO artifacts VALUES ('job_a', 2, 0, 'artifact', 'model.npz', NULL, 7, 3000);
"""

LATER_REVISION = """
    from alembic import op
    import sqlalchemy as sa

    revision = "9000"
    down_revision = "{newest}"


    def upgrade():
        op.add_column("jobs", sa.Column("note", sa.Text, server_default="from 9000"))
        {then}
"""

NEWEST = schema.REVISIONS[-1]


def later_revision(then: str) -> str:
    """The code of a revision after the newest one. `then`: a statement after its own."""
    return textwrap.dedent(LATER_REVISION).format(newest=NEWEST, then=then)


@pytest.fixture
def old(path: Path) -> Path:
    """A database written before schemas had versions."""
    with sqlite3.connect(path) as database:
        database.executescript(FIRST_RELEASES)
    return path


@pytest.fixture
def with_later_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module of a later revision, which the program knows during the test."""
    migrations = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    module = migrations / "versions" / "v9000_note.py"
    module.write_text(later_revision("pass"))
    monkeypatch.setattr(schema, "_MIGRATIONS", str(migrations))
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9000"))
    return module


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as database:
        return database.execute(sql).fetchall()


def tables(path: Path) -> dict[str, list[object]]:
    """The columns, indexes and foreign keys of each table, by their values. The version table is left out."""
    names = query(path, "select name from sqlite_master where type = 'table' order by name")
    return {
        str(name): [
            sorted(row[1:] for row in query(path, f"pragma table_info({name})")),
            sorted(row[1:] for row in query(path, f"pragma index_list({name})")),
            sorted(row[2:] for row in query(path, f"pragma foreign_key_list({name})")),
        ]
        for (name,) in names
        if name != schema.VERSION_TABLE
    }


def version(path: Path) -> list[tuple[object, ...]]:
    return query(path, f"select version_num from {schema.VERSION_TABLE}")


def test_a_database_without_a_version_gets_one_and_keeps_its_data(old: Path) -> None:
    with Store(sqlite_url(old)) as store:
        assert [(job.id, job.name, job.status) for job in store.jobs(to_job)] == [
            ("job_b", "new", "running"),
            ("job_a", "old", "completed"),
        ]
        assert store.job("job_a").config == {"x": 1}
        events = store.events_after("job_a", 0).events
        assert [event.data for event in events] == ['{"step": 1, "loss": NaN}', "{}"]
        assert store.has_artifact("job_a", "model.npz")
        tagged = store.change_labels("job_a", LabelChange(tags=("kept",)), datetime.now(UTC))
        assert (tagged.tags, tagged.notes, tagged.archived) == (("kept",), "", False)
    assert version(old) == [(schema.REVISIONS[-1],)]


def test_the_metrics_of_an_older_database_are_summarized_page_by_page_while_it_is_used(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(old) as database:
        rows = [(f'{{"step": {seq}, "loss": {seq}.5}}', seq) for seq in range(1, 8)]
        database.executemany("insert into events values ('job_b', ?2, 'training.log', ?1)", rows)
        database.execute("update jobs set last_seq = 7 where id = 'job_b'")
    monkeypatch.setattr(summaries, "PAGE_EVENTS", 3)
    with Store(sqlite_url(old)) as store:
        assert store.unsummarized() == ["job_b", "job_a"]
        assert store.summarize_page("job_b")
        at = datetime.now(UTC)
        store.append("job_b", [NewEvent(8, "training.log", '{"step": 8, "loss": 0.5}', at)])
        assert store.summaries(["loss"])["loss"] == {"job_b": MetricSummary(3.5, 1.5, 3.5, "1.5 2.5 3.5")}
        while store.summarize_page("job_b"):
            pass
        curve = "1.5 2.5 3.5 4.5 5.5 6.5 7.5 0.5"
        assert store.summaries(["loss"])["loss"] == {"job_b": MetricSummary(0.5, 0.5, 7.5, curve)}
        values = {"step": 9.0, "loss": 9.5}
        store.append("job_b", [NewEvent(9, "training.log", "{}", at, values=values)])
        assert store.summaries(["loss"])["loss"] == {"job_b": MetricSummary(9.5, 0.5, 9.5, f"{curve} 9.5")}
        assert not store.summarize_page("job_a")
        assert not store.summarize_page("job_none")
        assert store.unsummarized() == []


def test_a_curve_does_not_begin_in_the_middle_of_a_job_that_an_older_version_has_summarized(
    path: Path,
) -> None:
    at = datetime.now(UTC)
    with Store(sqlite_url(path)) as store:
        store.create_job("job_a", "a", at)
        store.append("job_a", [NewEvent(1, "training.log", "{}", at, values={"loss": 2.0})])
    with sqlite3.connect(path) as database:
        database.execute("update metrics set curve = null")
    with Store(sqlite_url(path)) as store:
        store.append("job_a", [NewEvent(2, "training.log", "{}", at, values={"loss": 1.0})])
        assert store.summaries(["loss"])["loss"] == {"job_a": MetricSummary(1.0, 1.0, 2.0)}


def test_few_of_the_large_events_of_an_older_database_are_held_in_memory_at_once(old: Path) -> None:
    text = "x" * (summaries.PAGE_CHARACTERS // 2)
    with sqlite3.connect(old) as database:
        rows = [(f'{{"step": {seq}, "loss": {seq}.5, "text": "{text}"}}', seq) for seq in range(1, 5)]
        database.executemany("insert into events values ('job_b', ?2, 'training.log', ?1)", rows)
        database.execute("update jobs set last_seq = 4 where id = 'job_b'")
    with Store(sqlite_url(old)) as store:
        for newest, curve, is_more in ((2.5, "1.5 2.5", True), (4.5, "1.5 2.5 3.5 4.5", False)):
            assert store.summarize_page("job_b") is is_more
            assert store.summaries(["loss"])["loss"] == {"job_b": MetricSummary(newest, 1.5, newest, curve)}


def test_an_upgraded_database_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.sqlite3"
    for path in (old, new):
        Store(sqlite_url(path)).close()
    assert tables(old) == tables(new)
    assert version(old) == version(new)


def test_the_migrations_lead_to_the_tables_that_the_program_uses(path: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.sqlite3"
    Store(sqlite_url(new)).close()
    engine = open_engine(sqlite_url(path)).execution_options(**{WRITE_OPTION: True})
    with engine.begin() as connection:
        schema._migrate(connection)
    assert tables(path) == tables(new)
    assert version(path) == version(new)
    with engine.connect() as connection:
        from alembic.autogenerate import compare_metadata

        context = MigrationContext.configure(connection, opts={"version_table": schema.VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []


def test_the_programs_revisions_are_those_of_the_migrations() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert [script.revision for script in scripts.walk_revisions()] == list(reversed(schema.REVISIONS))


def test_a_later_revision_is_applied_to_an_older_database(old: Path, with_later_revision: Path) -> None:
    Store(sqlite_url(old)).close()
    assert version(old) == [("9000",)]
    assert query(old, "select id, note from jobs order by number") == [
        ("job_a", "from 9000"),
        ("job_b", "from 9000"),
    ]


def test_an_upgrade_that_fails_changes_nothing(old: Path, with_later_revision: Path) -> None:
    before = tables(old)
    then = 'op.execute("insert into no_such_table values (1)")'
    with_later_revision.write_text(later_revision(then))
    with pytest.raises(SQLAlchemyError):
        Store(sqlite_url(old))
    assert tables(old) == before
    assert query(old, f"select name from sqlite_master where name = '{schema.VERSION_TABLE}'") == []


def test_studios_that_start_at_once_upgrade_a_database_once(old: Path, with_later_revision: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for opened in [pool.submit(Store, sqlite_url(old)) for _ in range(8)]:
            opened.result(timeout=60).close()
    assert version(old) == [("9000",)]


def test_a_database_of_a_newer_version_is_refused_and_not_changed(path: Path) -> None:
    Store(sqlite_url(path)).close()
    with sqlite3.connect(path) as database:
        database.execute(f"update {schema.VERSION_TABLE} set version_num = '0099'")
    with pytest.raises(StudioStartError) as refused:
        Store(sqlite_url(path))
    message = str(refused.value)
    assert message.startswith(f"{path} was written by a newer version of arkor-dash.")
    assert "'0099'" in message
    assert "Update arkor-dash" in message
    assert "--state-dir" in message
    assert version(path) == [("0099",)]


def test_a_newer_database_on_a_server_is_named_without_its_password() -> None:
    url = make_url("postgresql+psycopg://ada:s3cret@db.example:5433/jobs?sslpassword=s3cret")
    message = schema._newer(url, "0099")
    assert message.startswith("postgresql+psycopg://db.example:5433/jobs was written by a newer version")
    assert "--database-url" in message
    assert "s3cret" not in message
    assert "ada" not in message


@pytest.mark.parametrize("is_new", [True, False])
def test_alembic_is_not_imported_when_there_is_nothing_to_migrate(path: Path, is_new: bool) -> None:
    if not is_new:
        Store(sqlite_url(path)).close()
    code = (
        "import sys; from arkor_dash.studio.storage.database import sqlite_url; "
        "from arkor_dash.studio.storage.store import Store; Store(sqlite_url(sys.argv[1])).close(); "
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, timeout=60, check=True)


def test_a_store_of_the_current_version_opens_while_another_one_writes(path: Path) -> None:
    Store(sqlite_url(path)).close()
    with sqlite3.connect(path, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with Store(sqlite_url(path)) as store:
            assert store.jobs(to_job) == []
        writer.execute("ROLLBACK")
