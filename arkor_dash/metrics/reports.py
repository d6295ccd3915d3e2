"""Consecutive reports of a run in columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from arkor_dash.protocol.events import CheckpointSaved, TrainingLog

from .columns import Indices
from .series import FloatArray


def none_if_nan(number: float) -> float | None:
    return None if math.isnan(number) else number


class Points(NamedTuple):
    """The values of one metric, and the rows of the reports that have them, increasing: two arrays of shape (n,)."""

    rows: Indices
    values: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Reports:
    """Consecutive reports, one a row, in the order in which they were sent.

    `steps` and `at_ms`, shape (n,), are NaN where a report has none. `metrics` are in the order of their first
    reports. `checkpoints` are those that were saved in between, each with the number of reports before it.
    """

    steps: FloatArray
    at_ms: FloatArray
    metrics: Mapping[str, Points]
    checkpoints: tuple[tuple[int, CheckpointSaved], ...] = field(default=())

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def without_step(self) -> int:
        """The number of reports that have metrics but no step."""
        has_no_step = np.isnan(self.steps)
        if not has_no_step.any():
            return 0
        has_metrics = np.zeros(len(self), dtype=bool)
        for points in self.metrics.values():
            has_metrics[points.rows] = True
        return int(np.count_nonzero(has_no_step & has_metrics))

    def between(self, start: int, stop: int) -> Reports:
        """The reports of the rows from `start` to before `stop`, without the checkpoints."""
        metrics: dict[str, Points] = {}
        for name, points in self.metrics.items():
            low, high = np.searchsorted(points.rows, (start, stop))
            if low < high:
                metrics[name] = Points(points.rows[low:high] - start, points.values[low:high])
        return Reports(self.steps[start:stop], self.at_ms[start:stop], metrics)

    def with_step(self) -> Reports:
        """Only the reports that have a step. The checkpoints stay between them."""
        has_step = ~np.isnan(self.steps)
        if has_step.all():
            return self
        row_of = np.concatenate([[0], np.cumsum(has_step)])
        metrics: dict[str, Points] = {}
        for name, points in self.metrics.items():
            kept = has_step[points.rows]
            if kept.any():
                metrics[name] = Points(row_of[points.rows[kept]], points.values[kept])
        checkpoints = tuple((int(row_of[before]), event) for before, event in self.checkpoints)
        return Reports(self.steps[has_step], self.at_ms[has_step], metrics, checkpoints)

    def report(self, row: int) -> TrainingLog:
        """One report with a step. Its metrics are in no certain order."""
        metrics: dict[str, float] = {}
        for name, points in self.metrics.items():
            place = int(np.searchsorted(points.rows, row))
            if place < len(points.rows) and points.rows[place] == row:
                metrics[name] = float(points.values[place])
        return TrainingLog(none_if_nan(float(self.at_ms[row])), float(self.steps[row]), metrics=metrics)


class ReportColumns:
    """Collects the columns of `size` reports.

    Attributes: steps, at_ms: shape (n,), to be filled in; NaN until then.
    """

    def __init__(self, size: int) -> None:
        self.steps: FloatArray = np.full(size, np.nan)
        self.at_ms: FloatArray = np.full(size, np.nan)
        self._parts: dict[str, list[tuple[int, Points]]] = {}

    def add(self, name: str, place: int, points: Points) -> None:
        """Add values of a metric. `place`: the place of the metric among those of a report."""
        if len(points.rows):
            self._parts.setdefault(name, []).append((place, points))

    def reports(self, checkpoints: tuple[tuple[int, CheckpointSaved], ...] = ()) -> Reports:
        """The reports. Each row has at most one value of a metric."""
        places = {
            name: min((int(points.rows[0]), place) for place, points in parts)
            for name, parts in self._parts.items()
        }
        metrics = {name: _in_order(self._parts[name]) for name in sorted(places, key=places.__getitem__)}
        return Reports(self.steps, self.at_ms, metrics, checkpoints)


def _in_order(parts: list[tuple[int, Points]]) -> Points:
    if len(parts) == 1:
        return parts[0][1]
    rows = np.concatenate([points.rows for _, points in parts])
    order = np.argsort(rows, kind="stable")
    return Points(rows[order], np.concatenate([points.values for _, points in parts])[order])
