"""The storage of one metric: its finite values, and the other ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .columns import Column, Indices, StepTable
from .series import FloatArray, Series, Value, newest


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric at one moment: its finite values, and the points whose value is NaN or infinite.

    `version` grows with each change.
    """

    finite: Series
    nonfinite: Series
    version: int

    @property
    def newest(self) -> Value | None:
        """The value at the last step, finite or not; None if there is no point."""
        ends = [end for end in (newest(self.finite), newest(self.nonfinite)) if end]
        return max(ends, key=lambda end: end.step, default=None)


class StoredMetric:
    """Collects the values of a metric, for rows of the table of steps. Not thread-safe."""

    def __init__(self) -> None:
        self._finite, self._nonfinite = Column(), Column()
        self._version = 0
        self._latest: Metric | None = None

    @property
    def has_points(self) -> bool:
        """Whether any report with the metric had a step."""
        return self._version > 0

    def put(self, table: StepTable, rows: Indices, values: FloatArray) -> None:
        """Set the values of rows of the table, which increase, at least one."""
        self._version += 1
        self._latest = None
        is_finite = np.isfinite(values)
        for chosen, column, other in (
            (is_finite, self._finite, self._nonfinite),
            (~is_finite, self._nonfinite, self._finite),
        ):
            if chosen.all():
                _put(table, column, other, rows, values)
            elif chosen.any():
                _put(table, column, other, rows[chosen], values[chosen])

    def before_insert(self, table: StepTable, at: Indices) -> None:
        """As `Column.before_insert`."""
        self._finite.before_insert(table, at)
        self._nonfinite.before_insert(table, at)

    def snapshot(self, table: StepTable) -> Metric:
        """The same object until the metric changes."""
        if self._latest is None:
            self._latest = Metric(self._finite.series(table), self._nonfinite.series(table), self._version)
        return self._latest


def _put(table: StepTable, column: Column, other: Column, rows: Indices, values: FloatArray) -> None:
    """Set the values in one column, and remove those of the same steps from the other one."""
    if table.steps[rows[0]] <= other.last_step:
        other.remove(table, table.steps[rows])
    column.put(table, rows, values)
