"""The tables. Times are whole milliseconds since 1970 (UTC); JSON is text, which can hold NaN."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

METADATA = MetaData()

JOBS = Table(
    "jobs",
    METADATA,
    # Jobs made within one millisecond still have an order.
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    # Studios that share a database each answer for their own runs.
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
    # Rows lie in the order in which a stream reads them.
    sqlite_with_rowid=False,
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
