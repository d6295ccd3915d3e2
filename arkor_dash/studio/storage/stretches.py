"""The events of jobs that are stored in columns: how they get there, and how they are read.

`columns.stretch` and what comes with it are imported when they are needed, since pyarrow is slow to import.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from arkor_dash.protocol.jobs import TERMINAL

from .database import EVENTS, JOBS, STRETCHES, free_pages
from .records import StoredEvent, StretchPage

STRETCH_EVENTS = 4_096
"""The events of a full stretch."""
STRETCH_CHARACTERS = 2_000_000
"""A stretch is full, too, if its events have so many. One event can hold megabytes."""
LEAST_EVENTS = 256
"""The fewest events that become the last stretch of an ended job."""
_COMPACTED = func.coalesce(JOBS.c.compacted_seq, 0)
_SUMMARIZED = func.coalesce(JOBS.c.summarized_seq, 0)


@dataclass(frozen=True, slots=True)
class Pending:
    """Events of a job that are to become a stretch, each its name and its JSON, and the `seq` of the first."""

    first_seq: int
    events: Sequence[tuple[str, str]]

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.events) - 1


def compactable(connection: Connection) -> list[str]:
    """The ids of the jobs with enough events for a stretch, the newest first."""
    is_full = _SUMMARIZED - _COMPACTED >= STRETCH_EVENTS
    is_ended = and_(JOBS.c.status.in_(TERMINAL), _SUMMARIZED - _COMPACTED >= LEAST_EVENTS)
    return list(
        connection.scalars(select(JOBS.c.id).where(or_(is_full, is_ended)).order_by(JOBS.c.number.desc()))
    )


def pending(connection: Connection, job: Row[Any]) -> Pending | None:
    """The events of the job's next stretch; None if there are not enough."""
    first = (job.compacted_seq or 0) + 1
    # Those that are not summarized are still to be read from `EVENTS`.
    left = (job.summarized_seq or 0) - first + 1
    if left < (LEAST_EVENTS if job.status in TERMINAL else STRETCH_EVENTS):
        return None
    query = select(EVENTS.c.name, EVENTS.c.data).where(
        EVENTS.c.job_id == job.id, EVENTS.c.seq.between(first, first + left - 1)
    )
    reading = connection.execution_options(stream_results=True, max_row_buffer=1_000)
    events: list[tuple[str, str]] = []
    characters = 0
    with reading.execute(query.order_by(EVENTS.c.seq).limit(STRETCH_EVENTS)) as rows:
        for name, data in rows:
            characters += len(data)
            if events and characters > STRETCH_CHARACTERS:
                break
            events.append((name, data))
    return Pending(first, events) if events else None


def replace_rows(connection: Connection, job: Row[Any], moved: Pending, data: bytes) -> None:
    """Store the stretch `data` in place of the rows of its events, unless another Studio has done so.

    Args: job: a locked row of `JOBS`.
    """
    if (job.compacted_seq or 0) + 1 != moved.first_seq:
        return
    row = {"job_id": job.id, "first_seq": moved.first_seq, "last_seq": moved.last_seq, "data": data}
    connection.execute(insert(STRETCHES).values(row))
    is_moved = EVENTS.c.seq.between(moved.first_seq, moved.last_seq)
    found = connection.execute(delete(EVENTS).where(EVENTS.c.job_id == job.id, is_moved)).rowcount
    if found != len(moved.events):
        raise RuntimeError(f"expected {len(moved.events)} rows of events, found {found}")
    connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(compacted_seq=moved.last_seq))
    free_pages(connection)


def read_stretched(connection: Connection, job_id: str, after: int, limit: int) -> list[StoredEvent]:
    """The events after `after` of the stretch that has the next one, at most `limit`. There has to be one."""
    from arkor_dash.columns.stretch import unpack  # noqa: PLC0415

    query = select(STRETCHES.c.data).where(STRETCHES.c.job_id == job_id, STRETCHES.c.last_seq > after)
    stretch = unpack(connection.execute(query.order_by(STRETCHES.c.last_seq).limit(1)).scalar_one())
    start = after + 1 - stretch.first_id
    events = stretch.events(start, min(start + limit, len(stretch)))
    return [StoredEvent(seq, name, data) for seq, (name, data) in enumerate(events, after + 1)]


def read_page(connection: Connection, job: Row[Any], after: int, max_bytes: int) -> StretchPage:
    """The stretches that follow on the event `after`, see `Store.stretches_after`."""
    query = select(STRETCHES.c.first_seq, STRETCHES.c.last_seq, STRETCHES.c.data).where(
        STRETCHES.c.job_id == job.id, STRETCHES.c.last_seq > after
    )
    reading = connection.execution_options(stream_results=True, max_row_buffer=1)
    found: list[bytes] = []
    reached = after
    with reading.execute(query.order_by(STRETCHES.c.last_seq)) as rows:
        for first, last, data in rows:
            if first != reached + 1 or sum(map(len, found)) >= max_bytes:
                break
            found.append(data)
            reached = last
    return StretchPage(tuple(found), reached, job.last_seq)
