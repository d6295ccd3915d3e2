"""What a job's events amount to, folded one at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import replace

from ..artifacts import ArtifactList
from ..events import (
    EVENT_NAMES,
    CheckpointSaved,
    Event,
    StreamEnd,
    TrainingCancelled,
    TrainingCompleted,
    TrainingFailed,
    TrainingLog,
    TrainingStarted,
    message,
)
from ..jobs import CANCELLED, COMPLETED, FAILED
from ..losses import LossHistory
from ..tracks import TrackHistory
from .snapshot import LOG_ROWS, LogRow, StreamFacts, Terminal

CHECKPOINTS_KEPT = 10_000


class JobHistory:
    """One generation of a job's history. Not for several threads at once."""

    def __init__(self) -> None:
        self.losses = LossHistory()
        self.tracks = TrackHistory()
        self.checkpoints: list[float] = []
        self.artifacts = ArtifactList()
        self.rows: deque[LogRow] = deque(maxlen=LOG_ROWS)
        self.events = 0
        self.malformed = 0
        self.facts = StreamFacts()

    def fold(self, event: Event) -> None:
        """Take in the next event. The end of the stream is no entry of the log."""
        if isinstance(event, StreamEnd):
            return
        self.events += 1
        self.artifacts.take(event)
        self.rows.append(LogRow(self.events, event.emitted_at_ms, EVENT_NAMES[type(event)], message(event)))
        match event:
            case TrainingLog():
                self.losses.append(event)
                self.tracks.append(event)
            case TrainingStarted(emitted_at_ms=at):
                if not self.facts.started:
                    self.facts = replace(self.facts, started=True, started_at_ms=at)
            case TrainingCompleted(emitted_at_ms=at, artifacts=artifacts):
                self.facts = replace(self.facts, terminal=Terminal(COMPLETED, at), artifacts=len(artifacts))
            case TrainingFailed(emitted_at_ms=at, error=error):
                self.facts = replace(self.facts, terminal=Terminal(FAILED, at, error))
            case TrainingCancelled(emitted_at_ms=at):
                self.facts = replace(self.facts, terminal=Terminal(CANCELLED, at))
            case CheckpointSaved(step=step):
                self._mark(step)

    def _mark(self, step: int | float | None) -> None:
        if step is None or len(self.checkpoints) == CHECKPOINTS_KEPT:
            return
        at = bisect_left(self.checkpoints, step)
        if self.checkpoints[at : at + 1] != [step]:
            self.checkpoints.insert(at, float(step))
