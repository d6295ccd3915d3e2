"""Reads and removes single jobs, within a transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, delete, select

from arkor_dash.studio.errors import UnknownJobError

from .database import ARTIFACTS, EVENTS, JOBS, METRICS, STRETCHES


def job_row(connection: Connection, job_id: str) -> Row[Any]:
    """The job's row. Raises: UnknownJobError."""
    return _one(connection, select(JOBS).where(JOBS.c.id == job_id))


def locked_row(connection: Connection, job_id: str) -> Row[Any]:
    """The job's row, which no other transaction changes before the end of this one. Raises: UnknownJobError."""
    return _one(connection, select(JOBS).where(JOBS.c.id == job_id).with_for_update())


def delete_rows(connection: Connection, job_id: str) -> None:
    """Remove the job, and everything that is stored of it."""
    for table in (EVENTS, STRETCHES, ARTIFACTS, METRICS):
        connection.execute(delete(table).where(table.c.job_id == job_id))
    connection.execute(delete(JOBS).where(JOBS.c.id == job_id))


def _one(connection: Connection, query: Select[Any]) -> Row[Any]:
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownJobError
    return row
