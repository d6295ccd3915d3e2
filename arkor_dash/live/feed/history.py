"""A job's history, built from its events."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby, islice
from typing import NamedTuple

from arkor_dash.columns.stretch import IntArray, Stretch
from arkor_dash.metrics.history import MetricHistory
from arkor_dash.metrics.newest import Newest
from arkor_dash.metrics.reports import Reports
from arkor_dash.protocol.environment import Environment, EnvironmentRecorded
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
    Unlogged,
    message,
    parse_event,
)
from arkor_dash.protocol.jobs import CANCELLED, COMPLETED, FAILED

from .artifacts import ArtifactList
from .snapshot import LOG_ROWS, LogRow, StreamFacts, Terminal
from .stretch_events import REPORT, StretchEvents
from .system import SystemHistory

FEW_METRICS = 10


class StretchRow(NamedTuple):
    """The event of one row of a stretch."""

    stretch: Stretch
    row: int


LogEntry = TrainingLog | LogRow | str | StretchRow
"""A row of the log, or an event of it that is not read before the log is: a report, its JSON, or a row in columns."""


class JobHistory:
    """A job's history. Not thread-safe.

    Memory: that of its two `MetricHistory`, and `LOG_ROWS` rows of the log.

    Attributes: events: number of events of the log. unlogged: number of further events, which the log does not show.
        malformed: number of those that could not be parsed.
    """

    def __init__(self) -> None:
        self.metrics = MetricHistory()
        self.system = SystemHistory()
        self.environment: Environment | None = None
        self.artifacts = ArtifactList()
        self._newest: Newest[LogEntry] = Newest(LOG_ROWS)
        self._rows: deque[LogRow] = deque(maxlen=LOG_ROWS)
        self._rows_made = 0
        self.events = 0
        self.unlogged = 0
        self.malformed = 0
        self.facts = StreamFacts()

    def add(self, event: Event) -> None:
        """Add the next event. The end of the stream is not counted as one."""
        if isinstance(event, StreamEnd):
            return
        if isinstance(event, Unlogged):
            self._add_unlogged(event)
            return
        self.events += 1
        # The row of a report is made only when the log is read, since few rows of a long backlog are ever shown.
        self._newest.add(_slim(event) if isinstance(event, TrainingLog) else _row(self.events, event))
        if isinstance(event, TrainingLog | CheckpointSaved):
            self.metrics.append(event)
        self._change_facts(event)

    def _change_facts(self, event: Event) -> None:
        self.artifacts.add(event)
        match event:
            case TrainingStarted(emitted_at_ms=at):
                if not self.facts.started:
                    self.facts = replace(self.facts, started=True, started_at_ms=at)
            case TrainingCompleted(emitted_at_ms=at, artifacts=artifacts):
                self.facts = replace(self.facts, terminal=Terminal(COMPLETED, at), artifacts=len(artifacts))
            case TrainingFailed(emitted_at_ms=at, error=error):
                self.facts = replace(self.facts, terminal=Terminal(FAILED, at, error))
            case TrainingCancelled(emitted_at_ms=at):
                self.facts = replace(self.facts, terminal=Terminal(CANCELLED, at))
        if isinstance(event, TrainingCompleted | TrainingFailed | TrainingCancelled):
            self.metrics.finish()

    def add_reports(self, reports: Reports, texts: Sequence[str]) -> None:
        """Add the next events, all reports, which were read from these texts."""
        self.events += len(texts)
        newest = texts[-LOG_ROWS:]
        self._newest.add_many(len(newest), lambda: newest)
        self.metrics.extend(reports)

    def add_stretch(self, added: StretchEvents) -> None:
        """Add the next events."""
        self.events += len(added.logged)
        self.malformed += added.malformed
        newest = added.logged[-LOG_ROWS:]
        self._newest.add_many(len(newest), partial(_rows_of, added.stretch, newest))
        done, checkpoints = 0, []
        for before, event in added.others:
            if isinstance(event, CheckpointSaved):
                checkpoints.append((before - done, event))
            elif isinstance(event, TrainingCompleted | TrainingFailed | TrainingCancelled):
                # The metrics end here, up to now.
                self._add_reports(added.reports.between(done, before), checkpoints)
                done, checkpoints = before, []
            if isinstance(event, Unlogged):
                self._add_unlogged(event)
            else:
                self._change_facts(event)
        self._add_reports(added.reports.between(done, len(added.reports)), checkpoints)

    def _add_reports(self, reports: Reports, checkpoints: Sequence[tuple[int, CheckpointSaved]]) -> None:
        self.metrics.extend(replace(reports, checkpoints=tuple(checkpoints)))

    def _add_unlogged(self, event: Unlogged) -> None:
        self.unlogged += 1
        if isinstance(event, EnvironmentRecorded):
            self.environment = event.environment
        else:
            self.system.append(event, self.facts.started_at_ms)

    def log(self) -> tuple[LogRow, ...]:
        """The newest rows, oldest first."""
        fresh = min(self.events - self._rows_made, LOG_ROWS)
        newest = self._newest.items()
        entries = islice(newest, len(newest) - fresh, None)
        for number, entry in enumerate(_read(entries), start=self.events - fresh + 1):
            if entry is not None:
                self._rows.append(entry if isinstance(entry, LogRow) else _row(number, entry))
        self._rows_made = self.events
        return tuple(self._rows)


def _rows_of(stretch: Stretch, rows: IntArray) -> Iterator[LogEntry]:
    return (StretchRow(stretch, row) for row in rows.tolist())


def _read(entries: Iterable[LogEntry]) -> Iterator[Event | LogRow | None]:
    """The entries of the log, with those that were kept unread parsed."""
    for stretch, group in groupby(entries, key=lambda entry: getattr(entry, "stretch", None)):
        rows: list[int] = []
        for entry in group:
            if isinstance(entry, StretchRow):
                rows.append(entry.row)
            else:
                yield parse_event(REPORT, entry) if isinstance(entry, str) else entry
        if stretch is not None:
            events = stretch.events(rows[0], rows[-1] + 1)
            yield from (parse_event(*events[row - rows[0]]) for row in rows)


def _slim(report: TrainingLog) -> TrainingLog:
    """The report without its metrics if it has many: the log does not show them."""
    return report if len(report.metrics) <= FEW_METRICS else replace(report, metrics={})


def _row(number: int, event: Event) -> LogRow:
    return LogRow(number, event.emitted_at_ms, EVENT_NAMES[type(event)], message(event))
