"""What a job's events amount to, folded one at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import replace
from itertools import islice

from arkor_dash.metrics.losses import LossHistory
from arkor_dash.metrics.side_series import SideSeriesHistory
from arkor_dash.protocol.events import (
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
from arkor_dash.protocol.jobs import CANCELLED, COMPLETED, FAILED

from .artifacts import ArtifactList
from .snapshot import LOG_ROWS, LogRow, StreamFacts, Terminal

CHECKPOINTS_KEPT = 10_000


class JobHistory:
    """One generation of a job's history. Not for several threads at once.

    Memory: losses under 37 bytes a step, side series 2.6 MB at most, and the newest `LOG_ROWS` rows of the log.
    """

    def __init__(self) -> None:
        self.losses = LossHistory()
        self.side_series = SideSeriesHistory()
        self.checkpoints: list[float] = []
        self.artifacts = ArtifactList()
        self._newest: deque[TrainingLog | LogRow] = deque(maxlen=LOG_ROWS)
        self._rows: deque[LogRow] = deque(maxlen=LOG_ROWS)
        self._worded = 0
        self.events = 0
        self.malformed = 0
        self.facts = StreamFacts()

    def fold(self, event: Event) -> None:
        """Take in the next event. The end of the stream is no entry of the log."""
        if isinstance(event, StreamEnd):
            return
        self.events += 1
        self.artifacts.take(event)
        # A report is put into words once someone looks: of a backlog, hardly one in a thousand ever is.
        entry = event if isinstance(event, TrainingLog) else _row(self.events, event)
        self._newest.append(entry)
        match event:
            case TrainingLog():
                self.losses.append(event)
                self.side_series.append(event)
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

    def log(self) -> tuple[LogRow, ...]:
        """The newest rows, in order."""
        fresh = min(self.events - self._worded, LOG_ROWS)
        entries = islice(self._newest, len(self._newest) - fresh, None)
        for number, entry in enumerate(entries, start=self.events - fresh + 1):
            self._rows.append(entry if isinstance(entry, LogRow) else _row(number, entry))
        self._worded = self.events
        return tuple(self._rows)

    def _mark(self, step: int | float | None) -> None:
        if step is None or len(self.checkpoints) == CHECKPOINTS_KEPT:
            return
        at = bisect_left(self.checkpoints, step)
        if self.checkpoints[at : at + 1] != [step]:
            self.checkpoints.insert(at, float(step))


def _row(number: int, event: Event) -> LogRow:
    return LogRow(number, event.emitted_at_ms, EVENT_NAMES[type(event)], message(event))
