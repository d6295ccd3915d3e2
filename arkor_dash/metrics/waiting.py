"""Reports that wait to be stored: a backlog is stored in batches, which is faster."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from .reports import Points, Reports
from .series import FloatArray

_BATCH = 1_024


class WaitingReports:
    """Collects reports until they are taken. Not thread-safe."""

    def __init__(self) -> None:
        self._batches: list[Reports] = []
        self._steps: list[float] = []
        self._at_ms: list[float] = []
        self._points: dict[str, tuple[list[int], list[float]]] = {}
        self._size = 0
        self._last = -math.inf
        self._in_order = True

    def add(self, step: float, at_ms: float, metrics: Mapping[str, float], stored: float) -> None:
        """Add a report. `at_ms` is NaN if it has no time. `stored` is the newest step that was stored before."""
        self._note(step, step, 1, stored)
        row = len(self._steps)
        self._steps.append(step)
        self._at_ms.append(at_ms)
        for name, value in metrics.items():
            rows, values = self._points.setdefault(name, ([], []))
            rows.append(row)
            values.append(value)

    def add_many(self, reports: Reports, stored: float) -> None:
        """Add at least one report, all with a step."""
        steps = reports.steps
        self._note(float(steps[0]), float(steps[-1]), len(steps), stored)
        self._in_order = self._in_order and bool((steps[1:] >= steps[:-1]).all())
        self._close_batch()
        self._batches.append(reports)

    def is_enough(self, stored: int) -> bool:
        """Whether to store them now. `stored` counts the steps among which those out of order have to be inserted."""
        return self._size >= (_BATCH if self._in_order else max(_BATCH, stored // 16))

    def take(self) -> Reports:
        """All that waits, one report for each step, in order. Nothing waits any more."""
        self._close_batch()
        batches, self._batches = self._batches, []
        self._size, self._in_order = 0, True
        return _one_per_step(_joined(batches))

    def _note(self, first: float, last: float, count: int, stored: float) -> None:
        before = self._last if self._size else stored
        self._in_order = self._in_order and first >= before
        self._last = last
        self._size += count

    def _close_batch(self) -> None:
        if self._steps:
            points = {
                name: Points(np.array(rows), np.array(values))
                for name, (rows, values) in self._points.items()
            }
            self._batches.append(Reports(np.array(self._steps), np.array(self._at_ms), points))
            self._steps, self._at_ms, self._points = [], [], {}


def _joined(batches: list[Reports]) -> Reports:
    if len(batches) == 1:
        return batches[0]
    points: dict[str, list[Points]] = {}
    size = 0
    for each in batches:
        for name, (rows, values) in each.metrics.items():
            points.setdefault(name, []).append(Points(rows + size, values))
        size += len(each)
    none = [np.empty(0)]
    return Reports(
        np.concatenate([each.steps for each in batches] or none),
        np.concatenate([each.at_ms for each in batches] or none),
        {
            name: Points(*(np.concatenate(column) for column in zip(*found, strict=True)))
            for name, found in points.items()
        },
    )


def _one_per_step(reports: Reports) -> Reports:
    """The reports in step order. Those of one step become one: with the first known time, and the last values."""
    if (reports.steps[1:] > reports.steps[:-1]).all():
        return reports
    steps, row_of = np.unique(reports.steps, return_inverse=True)
    row_of = row_of.ravel()
    at_ms: FloatArray = np.full(len(steps), math.nan)
    known = np.flatnonzero(~np.isnan(reports.at_ms))[::-1]
    at_ms[row_of[known]] = reports.at_ms[known]
    metrics: dict[str, Points] = {}
    for name, (rows, values) in reports.metrics.items():
        latest, place = np.unique(row_of[rows][::-1], return_index=True)
        metrics[name] = Points(latest, values[::-1][place])
    return Reports(steps, at_ms, metrics)
