"""The database connection, and all that is particular to SQLite."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event

WRITE_OPTION = "studio_write"
LOCK_TIMEOUT_S = 30.0


def sqlite_url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def open_engine(url: str | URL) -> Engine:
    """An engine whose transactions are durable once committed.

    A transaction that will write is begun on an engine with the execution option `WRITE_OPTION`.
    """
    if not str(url).startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT_S}, max_overflow=-1)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: SqliteConnection, _record: object) -> None:
    # The driver would begin transactions of its own, and too late.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    # Taking the write lock at once, as a lock taken after a read fails without waiting when it is busy.
    writes = connection.get_execution_options().get(WRITE_OPTION)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
