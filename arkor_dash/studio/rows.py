"""Between the store's values and its tables' rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from ..events import EVENT_NAMES, TrainingCompleted, TrainingFailed, TrainingStarted
from ..jobs import COMPLETED, FAILED, RUNNING, TERMINAL, Job
from .clock import from_ms, to_ms
from .records import NewEvent, PastRun
from .schema import ARTIFACTS, EVENTS, JOBS

STATUS_AFTER = {
    EVENT_NAMES[TrainingStarted]: RUNNING,
    EVENT_NAMES[TrainingCompleted]: COMPLETED,
    EVENT_NAMES[TrainingFailed]: FAILED,
}


def write_events(connection: Connection, job: Row[Any], fresh: Sequence[NewEvent]) -> int:
    """The `seq` of the last event written: of `fresh`, or the terminal one among them.

    Args: job: a row of `JOBS`, locked. fresh: at least one event, all of them next in turn.
    """
    events: list[dict[str, object]] = []
    artifacts: list[dict[str, object]] = []
    changes: dict[str, object] = {}
    started_at_ms = job.started_at_ms
    for event in fresh:
        events.append({"job_id": job.id, "seq": event.seq, "name": event.name, "data": event.data})
        artifacts.extend(_artifact_rows(job.id, event))
        status = STATUS_AFTER.get(event.name)
        if status == RUNNING:
            started_at_ms = started_at_ms or to_ms(event.emitted_at)
            changes.update(status=RUNNING, started_at_ms=started_at_ms)
        elif status in TERMINAL:
            changes.update(status=status, completed_at_ms=to_ms(event.emitted_at), error=event.error)
            break
    last_seq = fresh[len(events) - 1].seq
    connection.execute(insert(EVENTS), events)
    if artifacts:
        connection.execute(insert(ARTIFACTS), artifacts)
    connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(last_seq=last_seq, **changes))
    return last_seq


def to_job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        name=row.name,
        status=row.status,
        created_at=from_ms(row.created_at_ms),
        started_at=None if row.started_at_ms is None else from_ms(row.started_at_ms),
        completed_at=None if row.completed_at_ms is None else from_ms(row.completed_at_ms),
        error=row.error,
        config=json.loads(row.config),
    )


def to_past_run(row: Row[Any]) -> PastRun:
    return PastRun(row.id, row.status not in TERMINAL, row.exit_code)


def _artifact_rows(job_id: str, event: NewEvent) -> list[dict[str, object]]:
    return [
        {
            "job_id": job_id,
            "seq": event.seq,
            "position": position,
            "kind": artifact.kind,
            "name": artifact.name,
            "step": artifact.step,
            "size_bytes": artifact.size_bytes,
            "created_at_ms": to_ms(artifact.created_at),
        }
        for position, artifact in enumerate(event.artifacts)
    ]
