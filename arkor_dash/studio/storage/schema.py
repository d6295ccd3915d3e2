"""The version of the database's schema, and its upgrade when the Studio starts.

Alembic migrates older schemas; see `migrations/`. It is imported only when there is something to migrate, since
that takes a noticeable part of the start-up.
"""

from __future__ import annotations

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
    text,
)

from arkor_dash.errors import StudioStartError

from .database import JOBS, METADATA, WRITE_OPTION

VERSION_TABLE = "arkor_dash_version"
"""Not Alembic's usual name: another program may use the same database."""
REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""All revisions in `migrations/versions/`, the oldest first."""
_MIGRATIONS = "arkor_dash.studio.storage:migrations"
_LOCK_KEY = 0x61726B6F72
"""A number that only this program is likely to use for a lock of the whole PostgreSQL database ("arkor")."""
_VERSION = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


def prepare(engine: Engine) -> None:
    """Create the tables of a new database, or upgrade those of an older one, in one transaction.

    Raises: StudioStartError: a newer version of this program wrote the database, or it can't be upgraded.
    """
    with engine.begin() as connection:
        if _version(connection) == REVISIONS[-1]:
            return
    with engine.execution_options(**{WRITE_OPTION: True}).begin() as connection:
        _lock(connection)
        # Another Studio may have upgraded it while this one waited for the lock.
        version = _version(connection)
        if version is None and not inspect(connection).has_table(JOBS.name):
            METADATA.create_all(connection)
            _stamp(connection, REVISIONS[-1])
            return
        if version is None:
            # The first releases had no version table. They used the first schema.
            version = REVISIONS[0]
            _stamp(connection, version)
        if version not in REVISIONS:
            raise StudioStartError(_newer(engine.url, version))
        if version != REVISIONS[-1]:
            _migrate(connection)


def _lock(connection: Connection) -> None:
    """Wait until no other Studio upgrades the database. On SQLite, the transaction itself has the write lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def _version(connection: Connection) -> str | None:
    """The revision that the database is at; None if it has no version."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()


def _stamp(connection: Connection, revision: str) -> None:
    _VERSION.create(connection, checkfirst=True)
    connection.execute(insert(_VERSION).values(version_num=revision))


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StudioStartError(f"{place(connection.engine.url)} can't be upgraded ({error}).") from error


def _newer(url: URL, version: str) -> str:
    other = (
        "state folder (ARKOR_DASH_STATE_DIR or --state-dir)"
        if url.get_backend_name() == "sqlite"
        else "database (ARKOR_DASH_DATABASE_URL or --database-url)"
    )
    return (
        f"{place(url)} was written by a newer version of arkor-dash. Its schema has version {version!r}, "
        f"and this program supports versions up to {REVISIONS[-1]!r}. Update arkor-dash, or choose another {other}."
    )


def place(url: URL) -> str:
    """The database's file, or its address without user, password and options."""
    if url.get_backend_name() == "sqlite":
        return url.database or "The database in memory"
    address = URL.create(url.drivername, host=url.host, port=url.port, database=url.database)
    return address.render_as_string()
