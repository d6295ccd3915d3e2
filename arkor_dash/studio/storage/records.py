"""The values that the store takes and returns, and their rows. A job is an `arkor_dash.protocol.jobs.Job`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from arkor_dash.protocol.events import EVENT_NAMES, TrainingCancelled, TrainingFailed
from arkor_dash.protocol.fields import iso_ms
from arkor_dash.protocol.jobs import TERMINAL, Job
from arkor_dash.protocol.labels import LabelChange, clean_tags

from .database import SCRIPTS
from .formats import from_ms, is_too_deep, json_line, to_ms


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file or folder that a run has saved.

    `kind` is "artifact" or "checkpoint". `step` is None for an artifact.
    """

    kind: str
    name: str
    created_at: datetime
    step: float | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is to be stored.

    `seq` counts from 1 within the job. `data` is a JSON object, as text on one line. `values` are the metrics and the
    step that it reports.
    """

    seq: int
    name: str
    data: str
    emitted_at: datetime
    error: str | None = None
    artifacts: tuple[Artifact, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)


class StoredEvent(NamedTuple):
    """An event as it was stored. `seq` counts from 1 within the job. `data` is a JSON object, as text."""

    seq: int
    name: str
    data: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in the order of `seq`.

    `reached` is the `seq` of the last event that was looked at; the next page begins after it. `is_last`: the job has
    ended, and no events can follow.
    """

    events: tuple[StoredEvent, ...]
    reached: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class StretchPage:
    """Stretches of events in columns, without a gap between them.

    `reached` is the `seq` of their last event, and `last_seq` that of the job's last event, which may be later.
    """

    stretches: tuple[bytes, ...]
    reached: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The state of a job's run. `exit_code` is a shell's (128 + signal); None until the run ends, or if unknown."""

    job_id: str
    running: bool
    exit_code: int | None


def to_job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        name=row.given_name or row.name,
        status=row.status,
        created_at=from_ms(row.created_at_ms),
        started_at=None if row.started_at_ms is None else from_ms(row.started_at_ms),
        completed_at=None if row.completed_at_ms is None else from_ms(row.completed_at_ms),
        error=row.error,
        config=_config(row.config),
        tags=_tags(row.tags),
        notes=row.notes or "",
        archived=row.archived_at_ms is not None,
        is_script=row.owner.endswith(SCRIPTS),
    )


def _config(text: str) -> Mapping[str, object]:
    """The config's values. Empty if it can't be read, so that one bad row does not break the list of jobs."""
    config = _stored_json(text)
    return config if isinstance(config, dict) and not is_too_deep(config) else {}


def _tags(text: str | None) -> tuple[str, ...]:
    tags = _stored_json(text) if text else None
    return clean_tags(tags) if isinstance(tags, list) else ()


def _stored_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def label_values(change: LabelChange, at: datetime) -> dict[str, object]:
    """The columns of `JOBS` that the change sets. `at`: when the job was archived, if it was."""
    values: dict[str, object] = {}
    if change.name is not None:
        values["given_name"] = change.name or None
    if change.tags is not None:
        values["tags"] = json_line(change.tags) if change.tags else None
    if change.notes is not None:
        values["notes"] = change.notes or None
    if change.archived is not None:
        values["archived_at_ms"] = to_ms(at) if change.archived else None
    return values


def to_run_status(row: Row[Any]) -> RunStatus:
    return RunStatus(row.id, row.status not in TERMINAL, row.exit_code)


def as_cancelled(end: NewEvent) -> NewEvent:
    """The same terminal event, named `training.cancelled`, for a job that was asked to end."""
    name = EVENT_NAMES[TrainingCancelled]
    return replace(end, name=name, data=json_line({**json.loads(end.data), "type": name}))


def end_event(job_id: str, seq: int, is_cancelled: bool, error: str, at: datetime) -> NewEvent:
    """The terminal event of a run that has reported none: cancelled, or failed with `error`."""
    name = EVENT_NAMES[TrainingCancelled if is_cancelled else TrainingFailed]
    data: dict[str, object] = {"type": name, "jobId": job_id, "timestamp": iso_ms(at)}
    if is_cancelled:
        return NewEvent(seq, name, json_line(data), at)
    return NewEvent(seq, name, json_line({**data, "error": error}), at, error)


def to_artifact(row: Row[Any]) -> Artifact:
    return Artifact(row.kind, row.name, from_ms(row.created_at_ms), row.step, row.size_bytes)


def artifact_rows(job_id: str, event: NewEvent) -> list[dict[str, object]]:
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
