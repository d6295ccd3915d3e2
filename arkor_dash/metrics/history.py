"""The history of a run's metrics, built from its reports.

The value of a metric at a step is the last one that was reported for it. Reports of one step add up: a learning rate
may be reported apart from the loss. The time of a step is that of its first report, or of a later one that replaces a
value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arkor_dash.protocol.events import TrainingLog

from .columns import Column, Growing, RowArray
from .restarts import Placed, Restart, StepPlacer
from .series import NO_POINTS, FloatArray, Series

METRICS_KEPT = 2_000
"""The most metrics of a run. A server could otherwise name a new one in each report."""
_BATCH = 1_024


class Metric:
    """One metric at one moment: its finite values, and the other ones. `version` grows with each change."""

    def __init__(self, column: Column, steps: FloatArray) -> None:
        self.version = column.version
        self.nonfinite_count = column.nonfinite
        self._all_steps = steps
        self._rows, self._values = column.frozen()

    def __len__(self) -> int:
        """The number of steps that have a value, finite or not."""
        return len(self._values)

    @cached_property
    def finite(self) -> Series:
        """The points with a finite value."""
        return self._points(finite=True)

    @cached_property
    def nonfinite(self) -> Series:
        """The points whose value is NaN or infinite."""
        return self._points(finite=False) if self.nonfinite_count else NO_POINTS

    def _points(self, *, finite: bool) -> Series:
        steps, values = self._all_steps[self._rows], self._values
        if self.nonfinite_count:
            chosen = np.isfinite(values) == finite
            steps, values = steps[chosen], values[chosen]
        return Series(steps, values)


class NewestReport(NamedTuple):
    """The report that was emitted last. `at` is where it is kept; the run called it `step`."""

    at: float
    step: float
    emitted_at_ms: float | None


@dataclass(frozen=True, eq=False)
class Metrics:
    """The metrics of a run at one moment.

    `steps`, shape (n,), are all steps that were reported, and `at_ms` their times in Unix milliseconds, NaN where a
    report had none. `metrics` are in the order of their first reports. `left_out` counts those beyond `METRICS_KEPT`,
    and `without_step` the reports that had metrics but no step. `version` grows with each report.
    """

    steps: FloatArray
    at_ms: FloatArray
    metrics: Mapping[str, Metric]
    newest: NewestReport | None = None
    restarts: tuple[Restart, ...] = ()
    left_out: int = 0
    without_step: int = 0
    version: int = 0

    def finite(self, name: str) -> Series:
        """The finite values of a metric; no points if it was not reported."""
        metric = self.metrics.get(name)
        return metric.finite if metric else NO_POINTS

    def nonfinite(self, name: str) -> Series:
        """The other values of a metric."""
        metric = self.metrics.get(name)
        return metric.nonfinite if metric else NO_POINTS

    @cached_property
    def times(self) -> Series:
        """The time of each step that has one, in Unix milliseconds."""
        known = np.isfinite(self.at_ms)
        return Series(self.steps, self.at_ms) if known.all() else Series(self.steps[known], self.at_ms[known])


@dataclass(slots=True)
class _Row:
    """The reports of one step that are not in the table yet. `at_ms` is NaN if none has a time."""

    step: float
    at_ms: float
    metrics: dict[str, float]

    def add(self, at_ms: float, metrics: Mapping[str, float]) -> None:
        """Add a later report of the step."""
        if math.isnan(self.at_ms) or not self.metrics.keys().isdisjoint(metrics):
            self.at_ms = at_ms
        self.metrics.update(metrics)


class MetricHistory:
    """Collects the metrics of a run. Not thread-safe.

    A metric takes 8 bytes a step, or 12 if it skips some, and all of them together 16 for the step and its time. A
    report in step order costs amortised O(1); others cost O(n) together, whenever the metrics are read.
    """

    def __init__(self) -> None:
        self._steps: Growing[np.float64] = Growing(np.empty(0))
        self._at_ms: Growing[np.float64] = Growing(np.empty(0))
        self._columns: dict[str, Column] = {}
        self._frozen: dict[str, Metric] = {}
        self._left_out: set[str] = set()
        self._without_step = 0
        self._waiting: list[_Row] = []
        self._placer = StepPlacer()
        self._newest: NewestReport | None = None
        self._version = 0
        self._latest: Metrics | None = None

    def append(self, report: TrainingLog) -> None:
        """Add a report. One without a step is only counted."""
        if report.step is not None:
            self._add(self._placer.place(float(report.step), report))
        elif report.metrics:
            self._without_step += 1
            self._version += 1
            self._latest = None

    def place(self, step: float) -> float:
        """Where a step of now is kept, which differs from the step if the steps have begun again."""
        return self._placer.offset + step

    def finish(self) -> None:
        """No further report is expected. Another one may come nevertheless."""
        self._add(self._placer.finish())

    def snapshot(self) -> Metrics:
        """The metrics so far: the same object until the next report."""
        if self._latest is None:
            self._store()
            steps = self._steps.view
            for name, column in self._columns.items():
                frozen = self._frozen.get(name)
                if frozen is None or frozen.version != column.version:
                    self._frozen[name] = Metric(column, steps)
            self._latest = Metrics(
                steps=steps,
                at_ms=self._at_ms.view,
                metrics=dict(self._frozen),
                newest=self._newest,
                restarts=tuple(self._placer.restarts),
                left_out=len(self._left_out),
                without_step=self._without_step,
                version=self._version,
            )
        return self._latest

    def _add(self, placed: list[Placed]) -> None:
        for each in placed:
            self._version += 1
            self._latest = None
            self._see(each)
            at_ms = math.nan if each.report.emitted_at_ms is None else each.report.emitted_at_ms
            if self._waiting and self._waiting[-1].step == each.at:
                self._waiting[-1].add(at_ms, each.report.metrics)
            else:
                self._waiting.append(_Row(each.at, at_ms, dict(each.report.metrics)))
            if len(self._waiting) >= _BATCH:
                self._store()

    def _see(self, placed: Placed) -> None:
        """Note the report if it is the newest one by its time, or, without times, by its arrival."""
        emitted, newest = placed.report.emitted_at_ms, self._newest
        is_old = (
            newest is not None
            and newest.emitted_at_ms is not None
            and emitted is not None
            and emitted < newest.emitted_at_ms
        )
        if not is_old:
            self._newest = NewestReport(placed.at, placed.step, emitted)

    def _store(self) -> None:
        """Move the waiting rows into the table."""
        if not self._waiting:
            return
        waiting, self._waiting = _one_per_step(self._waiting), []
        rows = self._rows_for(np.array([row.step for row in waiting]))
        by_name: dict[str, tuple[list[int], list[float]]] = {}
        for at, row in enumerate(waiting):
            for name, value in row.metrics.items():
                places, values = by_name.setdefault(name, ([], []))
                places.append(at)
                values.append(value)
        is_replaced = np.zeros(len(rows), dtype=np.bool_)
        for name, (places, values) in by_name.items():
            column = self._column(name)
            if column is not None:
                own_rows = rows[places]
                is_replaced[places] |= own_rows <= column.last_row
                column.put(own_rows, np.array(values))
        self._set_times(rows, np.array([row.at_ms for row in waiting]), is_replaced)

    def _column(self, name: str) -> Column | None:
        """The metric's column. None if it is left out."""
        column = self._columns.get(name)
        if column is None:
            if len(self._columns) >= METRICS_KEPT:
                if len(self._left_out) < METRICS_KEPT:
                    self._left_out.add(name)
                return None
            column = self._columns[name] = Column()
        return column

    def _rows_for(self, steps: FloatArray) -> RowArray:
        """The rows of these steps, which increase. Rows are added for new ones; those at the end have no time yet."""
        known = self._steps.view
        late = steps[: np.searchsorted(steps, known[-1], "right")] if len(known) else steps[:0]
        if len(late):
            self._insert(np.setdiff1d(late, known, assume_unique=True))
        self._steps.extend(steps[len(late) :])
        return np.searchsorted(self._steps.view, steps).astype(np.int32)

    def _insert(self, missing: FloatArray) -> None:
        if not len(missing):
            return
        old_steps, old_ms = self._steps.view, self._at_ms.view
        at = np.searchsorted(old_steps, missing)
        steps = np.insert(old_steps, at, missing)
        new_rows = np.searchsorted(steps, old_steps).astype(np.int32)
        self._steps, self._at_ms = Growing(steps), Growing(np.insert(old_ms, at, math.nan))
        for column in self._columns.values():
            column.move(new_rows)

    def _set_times(self, rows: RowArray, at_ms: FloatArray, is_replaced: npt.NDArray[np.bool_]) -> None:
        """Append the times of new rows. Set those of older rows that had none, or whose values were replaced."""
        is_old = rows < self._at_ms.size
        old_rows, old_ms, current = rows[is_old], at_ms[is_old], self._at_ms.view
        changes = (is_replaced[is_old] | np.isnan(current[old_rows])) & ~np.isnan(old_ms)
        if changes.any():
            changed = current.copy()
            changed[old_rows[changes]] = old_ms[changes]
            self._at_ms = Growing(changed)
        self._at_ms.extend(at_ms[~is_old])


def _one_per_step(rows: list[_Row]) -> list[_Row]:
    """The rows in the order of their steps, those of one step merged."""
    merged: dict[float, _Row] = {}
    for row in rows:
        found = merged.setdefault(row.step, row)
        if found is not row:
            found.add(row.at_ms, row.metrics)
    return sorted(merged.values(), key=lambda row: row.step)
