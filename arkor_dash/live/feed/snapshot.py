"""A feed at one moment, as its viewers see it."""

from __future__ import annotations

from dataclasses import dataclass

from arkor_dash.metrics.history import MetricHistory, Metrics
from arkor_dash.metrics.losses import Losses, losses_among
from arkor_dash.protocol.environment import Environment

from .artifacts import SavedArtifact
from .connection import Connection
from .gaps import Recovery

NO_METRICS = MetricHistory().snapshot()
LOG_ROWS = 500
"""The number of rows that the event log keeps: the newest ones."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of the event log.

    `number` counts from 1. `at_ms` is the event's own time in Unix milliseconds. `name` is the
    event's name on the wire.
    """

    number: int
    at_ms: float | None
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Terminal:
    """How the job ended, by its last terminal event. `error` is None unless the job failed."""

    status: str
    at_ms: float | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the stream reports about the job as a whole. Times are Unix milliseconds.

    `terminal` is None until a terminal event was received. `artifacts` is the number of final artifacts, None until
    the job has completed.
    """

    started: bool = False
    started_at_ms: float | None = None
    terminal: Terminal | None = None
    artifacts: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FeedSnapshot:
    """A job's history so far, and the state of the feed's connection. Times are Unix milliseconds.

    `version` grows with every change. `generation` is the feed's own: two feeds never share one. Whoever keeps a
    position in `log` or `metrics` has to start over when it changes. `events` is the number of events of the log,
    `unlogged` that of the events that it does not show, and `malformed` that of the ones that could not be parsed.
    `system` are the metrics of the run's machine, whose steps are seconds since the start of the run. `artifacts` are
    in the order in which they were saved. `last_event_at_ms` is when the last event happened: the time of its
    arrival, or its own time if it is an old event.
    """

    job_id: str
    generation: int
    version: int
    metrics: Metrics
    log: tuple[LogRow, ...]
    events: int
    malformed: int
    facts: StreamFacts
    recovery: Recovery | None
    last_event_at_ms: float | None
    last_event_id: str | None
    connection: Connection
    artifacts: tuple[SavedArtifact, ...] = ()
    environment: Environment | None = None
    system: Metrics = NO_METRICS
    unlogged: int = 0

    @property
    def losses(self) -> Losses:
        return losses_among(self.metrics)
