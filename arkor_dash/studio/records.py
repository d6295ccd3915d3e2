"""The values that go into the store and come out of it. Jobs are `arkor_dash.jobs.Job`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a run left behind. `step` is None for those of the run's end."""

    kind: str
    name: str
    created_at: datetime
    step: float | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event on its way into the store.

    `seq` counts from 1 within its job. `data` is a JSON object, as text on one line.
    """

    seq: int
    name: str
    data: str
    emitted_at: datetime
    error: str | None = None
    artifacts: tuple[Artifact, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredEvent:
    seq: int
    name: str
    data: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order of `seq`; `is_last` when the job has ended and none can follow."""

    events: tuple[StoredEvent, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class PastRun:
    """The run of a job. `exit_code` is a shell's (128 + signal), None while the run is on or when unknown."""

    job_id: str
    running: bool
    exit_code: int | None
