"""Where many reports are kept: the rules of `StepPlacer`, for whole columns at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arkor_dash.protocol.metric_names import EPOCH, LOSS
from arkor_dash.protocol.restarts import Part, StepPlacer, can_follow, is_first_step

from .reports import Points, Reports
from .series import FloatArray

Flags = npt.NDArray[np.bool_]


class PlacedReports(NamedTuple):
    """The first n reports, each as a `Placed`: three arrays of shape (n,)."""

    at: FloatArray
    is_newest: Flags
    goes_back: Flags


def place_many(placer: StepPlacer, reports: Reports) -> PlacedReports:
    """Place these reports, up to the first one after which the steps may begin again. `placer` has to place that one.

    The result and the state of the placer are as if it had placed each report.
    Args: placer: holds no report back. reports: at least one, all with a step.
    """
    part, steps = placer.part, reports.steps
    times = np.where(np.isnan(reports.at_ms), -math.inf, reports.at_ms)
    highest = _running_max(part.highest, steps)
    newest_ms = _running_max(-math.inf if part.newest_ms is None else part.newest_ms, times)
    is_highest = steps > highest[:-1]
    is_after = np.isnan(reports.at_ms) | (times >= newest_ms[:-1])
    repeats = is_after & _repeats(part.last_steps, reports)
    newest = _newest(part.newest, steps, is_highest | repeats, is_after)
    goes_back = repeats & (steps < newest[:-1])
    is_newest = is_highest | repeats | (is_after & (steps >= newest[:-1]))
    first = steps[0] if part.first == -math.inf else part.first
    with np.errstate(over="ignore"):
        gaps = np.where(is_highest & (highest[:-1] > -math.inf), steps - highest[:-1], 0.0)
    widest_gap = _running_max(part.widest_gap, gaps)

    epochs = _EpochsInOrder(part, reports, is_highest)
    stop = len(steps)
    can_begin_again = goes_back & (times > -math.inf) & (newest_ms[:-1] > -math.inf)
    for row in np.flatnonzero(can_begin_again).tolist():
        is_start = is_first_step(steps[row], first, widest_gap[row]) or epochs.are_below(row)
        if is_start and can_follow(placer.offset + highest[row], steps[row]):
            stop = row
            break
    if stop:
        epochs.add_before(stop)
        part.first, part.widest_gap = float(first), float(widest_gap[stop])
        part.highest, part.newest = float(highest[stop]), float(newest[stop])
        part.newest_ms = None if newest_ms[stop] == -math.inf else float(newest_ms[stop])
        _add_last_steps(part.last_steps, reports, stop)
    return PlacedReports(placer.offset + steps[:stop], is_newest[:stop], goes_back[:stop])


def _running_max(start: float, values: FloatArray) -> FloatArray:
    """The largest value before each one, and then that of all, `start` included: shape (n + 1,)."""
    return np.maximum.accumulate(np.concatenate([[start], values]))


def _repeats(last_steps: Mapping[str, float], reports: Reports) -> Flags:
    """Whether there is an earlier value of a report's step or of a later one.

    Once there is a loss, only values of the loss count.
    """
    others_count = 0 if LOSS in last_steps else len(reports)
    if others_count and LOSS in reports.metrics:
        others_count = int(reports.metrics[LOSS].rows[0]) + 1
    repeats = np.zeros(len(reports), dtype=bool)
    for name, points in reports.metrics.items():
        rows = points.rows
        if name != LOSS:
            rows = rows[: np.searchsorted(rows, others_count)]
        if len(rows):
            steps = reports.steps[rows]
            repeats[rows[_running_max(last_steps.get(name, -math.inf), steps)[:-1] >= steps]] = True
    return repeats


def _newest(start: float, steps: FloatArray, is_set: Flags, may_be: Flags) -> FloatArray:
    """The step of the newest report before each one, and then after all: shape (n + 1,).

    A report that `is_set` is the newest one. One that only `may_be` is if its step is not lower.
    """
    everything = np.concatenate([[start], steps])
    if is_set.all():
        return everything
    # A running maximum that begins anew at each report that is set: of the rank, above all that came before.
    values, ranks = np.unique(everything, return_inverse=True)
    begun = np.cumsum(np.concatenate([[True], is_set]))
    counts = np.concatenate([[True], is_set | may_be])
    running = np.maximum.accumulate(np.where(counts, begun * len(values) + ranks.ravel(), 0))
    newest: FloatArray = values[running % len(values)]
    return newest


def _add_last_steps(last_steps: dict[str, float], reports: Reports, stop: int) -> None:
    for name, points in reports.metrics.items():
        steps = reports.steps[points.rows[: np.searchsorted(points.rows, stop)]]
        if len(steps):
            last_steps[name] = max(last_steps.get(name, -math.inf), float(steps.max()))


class _EpochsInOrder:
    """Adds the epochs of reports to those of a part, up to any row. The rows asked for increase."""

    def __init__(self, part: Part, reports: Reports, is_highest: Flags) -> None:
        self._part = part
        self._steps = reports.steps
        self._reported = reports.metrics.get(EPOCH, Points(np.empty(0, dtype=np.intp), np.empty(0)))
        added = is_highest[self._reported.rows]
        self._rows, self._epochs = self._reported.rows[added], self._reported.values[added]
        self._next = 0

    def are_below(self, row: int) -> bool:
        """Whether the report of that row has an epoch that the part had not reached at its step."""
        rows, epochs = self._reported
        place = int(np.searchsorted(rows, row))
        if place == len(rows) or rows[place] != row:
            return False
        self.add_before(row)
        return self._part.epochs.are_below(float(self._steps[row]), float(epochs[place]))

    def add_before(self, row: int) -> None:
        stop = int(np.searchsorted(self._rows, row))
        rows, epochs = self._rows[self._next : stop], self._epochs[self._next : stop]
        self._next = stop
        if np.isfinite(epochs).all():
            self._part.epochs.extend(self._steps[rows].tolist(), epochs.tolist())
            return
        for step, epoch in zip(self._steps[rows].tolist(), epochs.tolist(), strict=True):
            self._part.epochs.add(step, epoch)
