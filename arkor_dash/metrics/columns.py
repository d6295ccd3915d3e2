"""The storage of metrics: the steps of a run with their times, and the values of each metric.

What a reader was given never changes: arrays grow in place behind the part that was given out, and any other change
makes a new array.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .series import NO_POINTS, FloatArray, Series

Indices = npt.NDArray[np.intp]


class Growing:
    """Floats, shape (n,), that grow at their end. `view` is read-only and costs nothing."""

    __slots__ = ("_array", "size")

    def __init__(self, values: FloatArray) -> None:
        self._array = values
        self.size = len(values)

    def extend(self, more: FloatArray, expected: int = 0) -> None:
        """Add these. `expected`: how many floats there may be in the end; 0 if that is not known."""
        size = self.size + len(more)
        if size > len(self._array):
            # Growing by a sixteenth keeps two losses and their times within 40 bytes a step. Doubling, which copies
            # less, would not, unless it ends at the expected size.
            grown = np.empty(max(size + max(16, size // 16), min(2 * size, expected)))
            grown[: self.size] = self._array[: self.size]
            self._array = grown
        self._array[self.size : size] = more
        self.size = size

    @property
    def view(self) -> FloatArray:
        view = self._array[: self.size]
        view.flags.writeable = False
        return view


class StepTable:
    """All steps of a run, increasing, and the time of each in Unix milliseconds, NaN where it is not known.

    Attributes: newest: the last step. expected: how many steps there may be in the end; 0 if that is not known.
    """

    def __init__(self) -> None:
        self.expected = 0
        self._steps = Growing(np.empty(0))
        self._at_ms = Growing(np.empty(0))
        self.newest = -math.inf

    def __len__(self) -> int:
        return self._steps.size

    @property
    def steps(self) -> FloatArray:
        return self._steps.view

    @property
    def at_ms(self) -> FloatArray:
        return self._at_ms.view

    def missing(self, steps: FloatArray) -> Indices:
        """Where steps up to the newest one have to be inserted into the table, each before the row of that index."""
        late = steps[: np.searchsorted(steps, self.newest, "right")]
        at = np.searchsorted(self.steps, late)
        return at[self.steps[at] != late] if len(late) else at

    def add(self, steps: FloatArray, at_ms: FloatArray) -> Indices:
        """The rows of these steps, which increase, all of shape (n,). Adds new steps. Never replaces a time."""
        late = int(np.searchsorted(steps, self.newest, "right"))
        if late:
            self._add_late(steps[:late], at_ms[:late])
        first_new = self._steps.size
        self._steps.extend(steps[late:], self.expected)
        self._at_ms.extend(at_ms[late:], self.expected)
        if late < len(steps):
            self.newest = float(steps[-1])
        rows = np.arange(first_new - late, first_new - late + len(steps))
        if late:
            rows[:late] = np.searchsorted(self.steps, steps[:late])
        return rows

    def _add_late(self, steps: FloatArray, at_ms: FloatArray) -> None:
        at = np.searchsorted(self.steps, steps)
        is_new = self.steps[at] != steps
        if is_new.any():
            self._steps = Growing(np.insert(self.steps, at[is_new], steps[is_new]))
            self._at_ms = Growing(np.insert(self.at_ms, at[is_new], math.nan))
            at = np.searchsorted(self.steps, steps)
        unknown = np.isnan(self.at_ms[at]) & ~np.isnan(at_ms)
        if unknown.any():
            times = self.at_ms.copy()
            times[at[unknown]] = at_ms[unknown]
            self._at_ms = Growing(times)


class Column:
    """Points of one metric.

    If every step has one, from the first point on, the column uses the steps of the table, and takes 8 bytes a point.
    Else it has steps of its own, and takes 16.
    """

    __slots__ = ("_first", "_steps", "_values", "last_step")

    def __init__(self) -> None:
        self._first = 0
        self._steps: Growing | None = None
        self._values = Growing(np.empty(0))
        self.last_step = -math.inf

    def series(self, table: StepTable) -> Series:
        """The points, which never change."""
        return Series(self._own_steps(table), self._values.view) if self._values.size else NO_POINTS

    def put(self, table: StepTable, rows: Indices, values: FloatArray) -> None:
        """Set the values of rows of the table, which increase, at least one."""
        steps = table.steps
        if steps[rows[0]] <= self.last_step:
            self._replace(table, steps[rows], values)
            return
        if not self._values.size:
            self._first = int(rows[0])
        end = self._first + self._values.size
        if self._steps is None and (rows[0] != end or rows[-1] != end + len(rows) - 1):
            self._steps = Growing(steps[self._first : end].copy())
        if self._steps is not None:
            self._steps.extend(steps[rows], table.expected)
        self._values.extend(values, table.expected)
        self.last_step = float(steps[rows[-1]])

    def remove(self, table: StepTable, steps: FloatArray) -> None:
        """Remove the points of these steps, if there are any."""
        own = self._own_steps(table)
        is_gone = np.isin(own, steps)
        if is_gone.any():
            self._steps, self._values = Growing(own[~is_gone]), Growing(self._values.view[~is_gone])
            self.last_step = float(self._steps.view[-1]) if self._steps.size else -math.inf

    def before_insert(self, table: StepTable, at: Indices) -> None:
        """Rows are about to be inserted into the table, before its rows `at`."""
        if self._steps is not None or not self._values.size:
            return
        end = self._first + self._values.size
        if ((at > self._first) & (at < end)).any():
            self._steps = Growing(table.steps[self._first : end].copy())
        else:
            self._first += int(np.count_nonzero(at <= self._first))

    def _replace(self, table: StepTable, steps: FloatArray, values: FloatArray) -> None:
        own, kept = self._own_steps(table), self._values.view.copy()
        at = np.searchsorted(own, steps)
        is_known = own[np.minimum(at, len(own) - 1)] == steps
        kept[at[is_known]] = values[is_known]
        if not is_known.all():
            self._steps = Growing(np.insert(own, at[~is_known], steps[~is_known]))
            kept = np.insert(kept, at[~is_known], values[~is_known])
        self._values = Growing(kept)
        self.last_step = max(self.last_step, float(steps[-1]))

    def _own_steps(self, table: StepTable) -> FloatArray:
        if self._steps is not None:
            return self._steps.view
        return table.steps[self._first : self._first + self._values.size]
