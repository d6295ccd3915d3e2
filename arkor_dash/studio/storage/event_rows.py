"""Reads the events of a job, and writes them with what they change in the job's row."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from arkor_dash.protocol.events import (
    EVENT_NAMES,
    TrainingCancelled,
    TrainingCompleted,
    TrainingFailed,
    TrainingStarted,
)
from arkor_dash.protocol.jobs import CANCELLED, CANCELLING, COMPLETED, FAILED, RUNNING, TERMINAL

from .database import ARTIFACTS, EVENTS, JOBS
from .formats import to_ms
from .records import EventPage, NewEvent, StoredEvent, artifact_rows, as_cancelled
from .stretches import read_stretched
from .summaries import is_summarized, summarize

_STATUS_AFTER = {
    EVENT_NAMES[TrainingStarted]: RUNNING,
    EVENT_NAMES[TrainingCompleted]: COMPLETED,
    EVENT_NAMES[TrainingFailed]: FAILED,
    EVENT_NAMES[TrainingCancelled]: CANCELLED,
}


def is_terminal(event_name: str) -> bool:
    """Whether an event of that name ends its job."""
    return _STATUS_AFTER.get(event_name) in TERMINAL


def write_events(connection: Connection, job: Row[Any], fresh: Sequence[NewEvent]) -> int:
    """Insert the events up to the first terminal one, and update the job and the summaries of its metrics.

    Returns: the last inserted `seq`.

    Args: job: a locked row of `JOBS`. fresh: at least one event; their `seq` continue the job's without a gap.
    """
    events: list[dict[str, object]] = []
    artifacts: list[dict[str, object]] = []
    changes: dict[str, object] = {}
    is_cancelling = job.status == CANCELLING
    for sent in fresh:
        event = as_cancelled(sent) if is_cancelling and is_terminal(sent.name) else sent
        events.append({"job_id": job.id, "seq": event.seq, "name": event.name, "data": event.data})
        artifacts.extend(artifact_rows(job.id, event))
        status = _STATUS_AFTER.get(event.name)
        if status == RUNNING:
            changes["status"] = job.status if is_cancelling else RUNNING
            if job.started_at_ms is None:
                changes.setdefault("started_at_ms", to_ms(event.emitted_at))
        elif status in TERMINAL:
            changes.update(status=status, completed_at_ms=to_ms(event.emitted_at), error=event.error)
            break
    stored = fresh[: len(events)]
    last_seq = stored[-1].seq
    connection.execute(insert(EVENTS), events)
    if artifacts:
        connection.execute(insert(ARTIFACTS), artifacts)
    if is_summarized(job):
        summarize(connection, job.id, (event.values for event in stored))
        changes["summarized_seq"] = last_seq
    connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(last_seq=last_seq, **changes))
    return last_seq


def read_events(
    connection: Connection, job: Row[Any], seq: int, limit: int, max_characters: int
) -> EventPage:
    """The events of the job after `seq`, see `Store.events_after`."""
    after = seq if seq <= job.last_seq else 0
    events: list[StoredEvent] = []
    characters = 0
    with closing(_stored_after(connection, job, after, limit)) as found:
        for event in found:
            events.append(event)
            characters += len(event.data)
            if len(events) == limit or characters >= max_characters:
                break
    reached = events[-1].seq if events else after
    return EventPage(tuple(events), reached, job.status in TERMINAL and reached >= job.last_seq)


def _stored_after(
    connection: Connection, job: Row[Any], after: int, limit: int
) -> Generator[StoredEvent, None, None]:
    """The events after `after`, those in columns first; `limit` or a few more, if there are so many."""
    end = after + limit
    while after < min(end, job.compacted_seq or 0):
        events = read_stretched(connection, job.id, after, end - after)
        yield from events
        after = events[-1].seq
    query = select(EVENTS.c.seq, EVENTS.c.name, EVENTS.c.data).where(
        EVENTS.c.job_id == job.id, EVENTS.c.seq > after
    )
    reading = connection.execution_options(stream_results=True, max_row_buffer=100)
    with reading.execute(query.order_by(EVENTS.c.seq).limit(limit)) as rows:
        for number, name, data in rows:
            yield StoredEvent(number, name, data)
