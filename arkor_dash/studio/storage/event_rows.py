"""Writes the events of a job, and what they change in the job's row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, update

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
from .records import NewEvent, artifact_rows, as_cancelled

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
    """Insert the events up to the first terminal one and update the job. Returns the last inserted `seq`.

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
    last_seq = fresh[len(events) - 1].seq
    connection.execute(insert(EVENTS), events)
    if artifacts:
        connection.execute(insert(ARTIFACTS), artifacts)
    connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(last_seq=last_seq, **changes))
    return last_seq
