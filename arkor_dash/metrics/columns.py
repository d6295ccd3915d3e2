"""The storage of metrics: a table with a row for each step, of which each metric fills some.

What a reader was given never changes: arrays grow in place behind the part that was given out, and any other change
makes a new array.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from .series import FloatArray

RowArray = npt.NDArray[np.int32]
Number = TypeVar("Number", bound=np.generic)


class Growing(Generic[Number]):
    """An array of shape (n,) that grows at its end. `view` is read-only and costs nothing."""

    __slots__ = ("_array", "size")

    def __init__(self, array: npt.NDArray[Number]) -> None:
        self._array = array
        self.size = len(array)

    def extend(self, more: npt.NDArray[Number]) -> None:
        size = self.size + len(more)
        if size > len(self._array):
            # Growing by a sixteenth keeps two losses and their times within 40 bytes a step; doubling would not.
            grown = np.empty(size + max(16, size // 16), self._array.dtype)
            grown[: self.size] = self._array[: self.size]
            self._array = grown
        self._array[self.size : size] = more
        self.size = size

    @property
    def view(self) -> npt.NDArray[Number]:
        view = self._array[: self.size]
        view.flags.writeable = False
        return view


class Column:
    """The values of one metric, and the rows that have one, increasing.

    A metric that every row has, from its first one on, takes 8 bytes a point: its rows are not stored. Else it takes
    12. `version` grows with each change.
    """

    __slots__ = ("_first", "_rows", "_values", "nonfinite", "version")

    def __init__(self) -> None:
        self._values: Growing[np.float64] = Growing(np.empty(0))
        self._first = 0
        self._rows: Growing[np.int32] | None = None
        self.nonfinite = 0
        self.version = 0

    @property
    def last_row(self) -> int:
        """The newest row with a value; -1 if there is none."""
        if self._rows is not None:
            return int(self._rows.view[-1])
        return self._first + self._values.size - 1 if self._values.size else -1

    def put(self, rows: RowArray, values: FloatArray) -> None:
        """Set the values of these rows, which increase, each of shape (n,), n >= 1."""
        self.version += 1
        if int(rows[0]) > self.last_row:
            self._append(rows, values)
            return
        own_rows = self.rows()
        is_known = np.isin(rows, own_rows, assume_unique=True)
        kept = self._values.view.copy()
        kept[np.searchsorted(own_rows, rows[is_known])] = values[is_known]
        at = np.searchsorted(own_rows, rows[~is_known])
        self._replace(np.insert(own_rows, at, rows[~is_known]), np.insert(kept, at, values[~is_known]))

    def move(self, new_rows: RowArray) -> None:
        """Rows were inserted in the table: row i is now row `new_rows[i]`."""
        if self._values.size:
            self._replace(new_rows[self.rows()], self._values.view.copy())
            self.version += 1

    def rows(self) -> RowArray:
        """The rows that have a value, shape (n,)."""
        if self._rows is not None:
            return self._rows.view
        return np.arange(self._first, self._first + self._values.size, dtype=np.int32)

    def frozen(self) -> tuple[slice | RowArray, FloatArray]:
        """The rows that have a value, as an index into the table's steps, and the values. They never change."""
        values = self._values.view
        if self._rows is not None:
            return self._rows.view, values
        return slice(self._first, self._first + len(values)), values

    def _append(self, rows: RowArray, values: FloatArray) -> None:
        if not self._values.size:
            self._first = int(rows[0])
        if self._rows is None and int(rows[-1]) != self._first + self._values.size + len(rows) - 1:
            self._rows = Growing(self.rows())
        if self._rows is not None:
            self._rows.extend(rows)
        self._values.extend(values)
        self.nonfinite += _count_nonfinite(values)

    def _replace(self, rows: RowArray, values: FloatArray) -> None:
        self._first = int(rows[0])
        is_whole = int(rows[-1]) - self._first + 1 == len(rows)
        self._rows = None if is_whole else Growing(rows)
        self._values = Growing(values)
        self.nonfinite = _count_nonfinite(values)


def _count_nonfinite(values: FloatArray) -> int:
    return len(values) - int(np.count_nonzero(np.isfinite(values)))
