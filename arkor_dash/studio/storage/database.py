"""The database: its tables, how it is opened, and what only SQLite needs.

Times are whole milliseconds since 1970 (UTC). JSON is stored as text, which can hold NaN.
"""

from __future__ import annotations

import errno
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    create_engine,
    event,
)

WRITE_OPTION = "studio_write"
"""The execution option that marks transactions that write."""
LOCK_TIMEOUT_S = 30.0
PAGES_KEPT = 1_000
PAGES_FREED = 1_000
"""The most pages that are freed at once, since a writer waits for it. A full stretch leaves about 300 unused."""

SCRIPTS = ":external"
"""Ends the owner of a job whose run was started by a script."""

METADATA = MetaData()

JOBS = Table(
    "jobs",
    METADATA,
    # Orders jobs that were created in the same millisecond.
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    # The Studio that runs the job. Several Studios can share a database.
    Column("owner", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("config", Text, nullable=False),
    Column("error", Text),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("started_at_ms", BigInteger),
    Column("completed_at_ms", BigInteger),
    Column("exit_code", Integer),
    Column("last_seq", BigInteger, nullable=False),
    # What people have added to the job. `given_name` is shown in place of `name`, which is the trainer's.
    Column("given_name", Text),
    # A JSON list of texts.
    Column("tags", Text),
    Column("notes", Text),
    Column("archived_at_ms", BigInteger),
    # The last event that is counted in `METRICS`. NULL: none is, since an earlier version stored them.
    Column("summarized_seq", BigInteger),
    # The last event that is in `STRETCHES`. NULL: none is. All later ones are in `EVENTS`, and no earlier one is.
    Column("compacted_seq", BigInteger),
    Index("jobs_by_owner_and_status", "owner", "status"),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("job_id", String(64), ForeignKey("jobs.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    Column("data", Text, nullable=False),
    PrimaryKeyConstraint("job_id", "seq"),
    # Stores the rows in the order in which a stream reads them.
    sqlite_with_rowid=False,
)

STRETCHES = Table(
    "stretches",
    METADATA,
    Column("job_id", String(64), ForeignKey("jobs.id"), nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    # See `arkor_dash.columns.stretch`.
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("job_id", "last_seq"),
)

ARTIFACTS = Table(
    "artifacts",
    METADATA,
    Column("job_id", String(64), ForeignKey("jobs.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("step", Float),
    Column("size_bytes", BigInteger),
    Column("created_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("job_id", "seq", "position"),
)

METRICS = Table(
    "metrics",
    METADATA,
    Column("job_id", String(64), ForeignKey("jobs.id"), nullable=False),
    Column("name", String(200), nullable=False),
    # NULL: not a number. SQLite has no other value for it.
    Column("last", Float),
    Column("lowest", Float),
    Column("highest", Float),
    # See `arkor_dash.protocol.thin_curve`. NULL: another metric than the loss, or an earlier version stored it.
    Column("curve", Text),
    PrimaryKeyConstraint("job_id", "name"),
    Index("metrics_by_name", "name"),
    sqlite_with_rowid=False,
)


def sqlite_url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def open_engine(url: str | URL) -> Engine:
    """An engine whose transactions are durable once they are committed.

    A transaction that writes must begin on an engine with the execution option `WRITE_OPTION`.
    """
    if not str(url).startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT_S}, max_overflow=-1)
    event.listen(engine, "connect", _set_up)
    if engine.url.database not in (None, "", ":memory:"):
        event.listen(engine, "checkout", _SameFile(Path(str(engine.url.database))))
    event.listen(engine, "begin", _begin)
    return engine


def reading(engine: Engine) -> Engine:
    """The engine for transactions with several queries, which all see the database as it is at the first one."""
    if engine.dialect.name != "postgresql":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def free_pages(connection: Connection) -> None:
    """Give unused pages of a SQLite database back to the disk, except for those that the next events will need."""
    if connection.dialect.name != "sqlite":
        return
    unused = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() - PAGES_KEPT
    for _ in range(min(unused, PAGES_FREED)):
        # However many are asked for, Python's driver stops after the first one.
        connection.exec_driver_sql("PRAGMA incremental_vacuum(1)").close()


def _set_up(connection: SqliteConnection, _record: object) -> None:
    # Otherwise the driver begins transactions by itself, and too late.
    connection.isolation_level = None
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
        # Only a new database can be set to give unused room back to the disk, and only before anything else.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL").close()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


class _SameFile:
    """Refuses to go on with a file that was removed or replaced. SQLite would, and nobody could see the rest."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._first: tuple[int, int] | None = None

    def __call__(self, *_: object) -> None:
        """Raises: FileNotFoundError: the file is not there, or it is another one than at first."""
        status = self._file.stat()
        found = (status.st_dev, status.st_ino)
        self._first = self._first or found
        if found != self._first:
            raise FileNotFoundError(errno.ENOENT, "The database was replaced", str(self._file))


def _begin(connection: Connection) -> None:
    # A writer takes the write lock at once. After a read, SQLite does not wait for a busy lock, but fails.
    writes = connection.get_execution_options().get(WRITE_OPTION)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
