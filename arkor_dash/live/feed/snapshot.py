"""What a feed knows at one moment, as its viewers see it."""

from __future__ import annotations

from dataclasses import dataclass

from arkor_dash.metrics.losses import Losses
from arkor_dash.metrics.side_series import SideSeries

from .artifacts import SavedArtifact
from .connection import Connection
from .gaps import Recovery

LOG_ROWS = 500
"""Rows that the event log keeps; the source document's number."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry of the event log. `number` runs from 1 in each generation; `at_ms` is the event's time."""

    number: int
    at_ms: float | None
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Terminal:
    """How the job ended, by its last terminal event. `error` is None unless it failed."""

    status: str
    at_ms: float | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the stream says about the job as a whole. `artifacts` is None until the job has completed."""

    started: bool = False
    started_at_ms: float | None = None
    terminal: Terminal | None = None
    artifacts: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FeedSnapshot:
    """A job's history so far, and how the feed stands.

    `version` changes when anything here did. `generation` changes when the history began anew, and is never
    the same for two feeds: whoever keeps a position in `log` or `losses` starts over with it.
    `events` counts what was folded in this generation, `malformed` what could not be read. `checkpoints` are
    steps, increasing. `artifacts` are in the order in which they were saved. `heard_at_ms` is when the last event
    came, or of a backlog, when it was sent.
    """

    job_id: str
    generation: int
    version: int
    losses: Losses
    log: tuple[LogRow, ...]
    events: int
    malformed: int
    facts: StreamFacts
    side_series: SideSeries
    checkpoints: tuple[float, ...]
    recovery: Recovery | None
    heard_at_ms: float | None
    last_event_id: str | None
    connection: Connection
    artifacts: tuple[SavedArtifact, ...] = ()
