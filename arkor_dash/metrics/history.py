"""The history of a run's metrics, built from its reports.

The value of a metric at a step is the last one that was reported for it. Reports of one step add up: a learning rate
may be reported apart from the loss. The time of a step is that of its first report.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from arkor_dash.protocol.events import CheckpointSaved, TrainingLog
from arkor_dash.protocol.metric_names import EPOCH
from arkor_dash.protocol.restarts import Placed, Restart, StepPlacer

from .columns import StepTable
from .metric import Metric, StoredMetric
from .newest import Newest
from .placing import PlacedReports, place_many
from .recent import RecentReport, recent_reports
from .reports import Reports
from .series import NO_POINTS, FloatArray, Series
from .waiting import WaitingReports

METRICS_KEPT = 1_000
"""The most metrics of a run. A server could otherwise name a new one in each report."""
CHECKPOINTS_KEPT = 10_000
"""The number of checkpoints whose steps are kept: the first ones that were saved."""
RECENT_REPORTS = 500
FEWEST_AT_ONCE, MOST_AT_ONCE = 4_096, 65_536
"""How many reports are placed at once. Those after one that begins the steps again have to be placed anew."""


@dataclass(frozen=True, eq=False)
class Metrics:
    """The metrics of a run at one moment.

    `steps`, shape (n,), are all steps that were reported, and `at_ms` their times in Unix milliseconds, NaN where a
    report had none. `metrics` are in the order of their first reports. `recent` are the newest reports, the last one
    at the end, since the run last went back to an earlier step, for example by resuming from a checkpoint.
    `restart`: the last time that the steps began again. `checkpoints` are steps, increasing.
    `left_out` counts the metrics beyond `METRICS_KEPT`, up to that number, and `without_step` the reports that had
    metrics but no step. `version` grows with each report. `memo` is that of the history: what was computed from an
    earlier moment, and makes it faster to compute the same from a later one. Nothing is lost if it is.
    """

    steps: FloatArray
    at_ms: FloatArray
    metrics: Mapping[str, Metric]
    recent: tuple[RecentReport, ...] = ()
    restart: Restart | None = None
    checkpoints: tuple[float, ...] = ()
    left_out: int = 0
    without_step: int = 0
    version: int = 0
    memo: dict[Hashable, object] = field(default_factory=dict)

    def finite(self, name: str) -> Series:
        """The finite values of a metric; no points if it was not reported."""
        metric = self.metrics.get(name)
        return metric.finite if metric else NO_POINTS

    def nonfinite(self, name: str) -> Series:
        """The other values of a metric."""
        metric = self.metrics.get(name)
        return metric.nonfinite if metric else NO_POINTS

    @property
    def since(self) -> float:
        """Where the steps last began again, or -∞: earlier values may be those of another task."""
        return self.restart.at if self.restart else -math.inf

    @cached_property
    def times(self) -> Series:
        """The time of each step that has one, in Unix milliseconds."""
        known = np.isfinite(self.at_ms)
        return Series(self.steps, self.at_ms) if known.all() else Series(self.steps[known], self.at_ms[known])


class MetricHistory:
    """Collects the metrics and checkpoints of a run. Not thread-safe.

    A step takes 16 bytes, and each metric 8 more, or 16 if it skips steps. A report in step order costs amortised
    O(1). Others cost O(n) together: each time that the metrics are read, or a sixteenth of them has come in.
    """

    def __init__(self) -> None:
        self._table = StepTable()
        self._stored: dict[str, StoredMetric] = {}
        self._left_out: set[str] = set()
        self._waiting = WaitingReports()
        self._placer = StepPlacer()
        self._recent: Newest[RecentReport] = Newest(RECENT_REPORTS)
        self._checkpoints: list[float] = []
        self._without_step = 0
        self._version = 0
        self._latest: Metrics | None = None
        self._memo: dict[Hashable, object] = {}

    def expect(self, reports: int) -> None:
        """There may be so many reports in all: room is made for twice as many at a time, up to that. 0: not known."""
        self._table.expected = reports

    def append(self, event: TrainingLog | CheckpointSaved) -> None:
        """Add a report or a checkpoint. One without a step is only counted."""
        if isinstance(event, TrainingLog) and not event.metrics.keys() <= self._stored.keys():
            event = self._with_kept_metrics(event)
        if event.step is not None:
            self._keep(self._placer.place(float(event.step), event))
        elif isinstance(event, TrainingLog) and event.metrics:
            self._without_step += 1
            self._changed()

    def extend(self, reports: Reports) -> None:
        """Add many reports, and the checkpoints between them, as if each was appended."""
        if not reports.metrics.keys() <= self._stored.keys():
            self._add_names(reports.metrics)
            kept = {name: points for name, points in reports.metrics.items() if name in self._stored}
            reports = replace(reports, metrics=kept)
        self._without_step += reports.without_step
        self._changed()
        reports = reports.with_step()
        checkpoints = deque(reports.checkpoints)
        row, at_once = 0, FEWEST_AT_ONCE
        while row < len(reports):
            self._append_before(row, checkpoints)
            if not self._placer.holds:
                part = reports.between(row, row + at_once)
                placed = place_many(self._placer, part)
                self._keep_many(placed, part)
                row += len(placed.at)
                if len(placed.at) == len(part):
                    at_once = min(2 * at_once, MOST_AT_ONCE)
                    continue
                at_once = FEWEST_AT_ONCE
                self._append_before(row, checkpoints)
            self._keep(self._placer.place(float(reports.steps[row]), reports.report(row)))
            row += 1
        self._append_before(row, checkpoints)

    def finish(self) -> None:
        """No further event is expected. Another one may come nevertheless."""
        self._keep(self._placer.finish())

    def snapshot(self) -> Metrics:
        """The metrics so far: the same object until the next report."""
        if self._latest is None:
            self._store()
            self._latest = Metrics(
                steps=self._table.steps,
                at_ms=self._table.at_ms,
                metrics={
                    name: stored.snapshot(self._table)
                    for name, stored in self._stored.items()
                    if stored.has_points
                },
                recent=tuple(self._recent.items()),
                restart=self._placer.restart,
                checkpoints=tuple(self._checkpoints),
                left_out=len(self._left_out),
                without_step=self._without_step,
                version=self._version,
                memo=self._memo,
            )
        return self._latest

    def _changed(self) -> None:
        self._version += 1
        self._latest = None

    def _keep(self, events: list[Placed]) -> None:
        for placed in events:
            self._changed()
            if isinstance(placed.event, TrainingLog):
                self._keep_report(placed, placed.event)
            else:
                self._keep_checkpoint(placed.at)

    def _keep_checkpoint(self, step: float) -> None:
        if len(self._checkpoints) == CHECKPOINTS_KEPT:
            return
        at = bisect_left(self._checkpoints, step)
        if self._checkpoints[at : at + 1] != [step]:
            self._checkpoints.insert(at, step)

    def _keep_report(self, placed: Placed, report: TrainingLog) -> None:
        if placed.goes_back:
            self._recent.clear()
        if placed.is_newest:
            self._recent.add(RecentReport(placed.step, report.emitted_at_ms, report.metrics.get(EPOCH)))
        at_ms = math.nan if report.emitted_at_ms is None else report.emitted_at_ms
        self._waiting.add(placed.at, at_ms, report.metrics, self._table.newest)
        if self._waiting.is_enough(len(self._table)):
            self._store()

    def _append_before(self, row: int, checkpoints: deque[tuple[int, CheckpointSaved]]) -> None:
        """Add the checkpoints that were saved before the report of that row."""
        while checkpoints and checkpoints[0][0] <= row:
            self.append(checkpoints.popleft()[1])

    def _keep_many(self, placed: PlacedReports, reports: Reports) -> None:
        """Keep the first of these reports: those that were placed."""
        count = len(placed.at)
        if not count:
            return
        self._version += count
        reports = reports.between(0, count)
        back = np.flatnonzero(placed.goes_back)
        if len(back):
            self._recent.clear()
        newest = np.flatnonzero(placed.is_newest)
        newest = (newest[newest >= back[-1]] if len(back) else newest)[-RECENT_REPORTS:]
        self._recent.add_many(len(newest), partial(recent_reports, reports, newest))
        self._waiting.add_many(replace(reports, steps=placed.at), self._table.newest)
        if self._waiting.is_enough(len(self._table)):
            self._store()

    def _with_kept_metrics(self, report: TrainingLog) -> TrainingLog:
        """The report without the metrics that are left out."""
        self._add_names(report.metrics)
        kept = {name: value for name, value in report.metrics.items() if name in self._stored}
        return replace(report, metrics=kept)

    def _add_names(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self._stored:
                continue
            if len(self._stored) < METRICS_KEPT:
                self._stored[name] = StoredMetric()
            elif len(self._left_out) < METRICS_KEPT:
                self._left_out.add(name)

    def _store(self) -> None:
        """Move the waiting reports into the table."""
        waiting = self._waiting.take()
        if not len(waiting):
            return
        inserted = self._table.missing(waiting.steps)
        if len(inserted):
            for stored in self._stored.values():
                stored.before_insert(self._table, inserted)
        rows = self._table.add(waiting.steps, waiting.at_ms)
        for name, points in waiting.metrics.items():
            self._stored[name].put(self._table, rows[points.rows], points.values)
