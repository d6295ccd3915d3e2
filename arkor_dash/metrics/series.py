"""A series: the points of one metric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The points of one metric: two read-only arrays of shape (n,), steps strictly increasing.

    Steps are float64. Integers beyond 2**53 that round to the same float are the same step.
    """

    steps: FloatArray
    values: FloatArray

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a series, and its step."""

    step: float
    value: float


NO_POINTS = Series(np.empty(0), np.empty(0))


def from_step(series: Series, step: float) -> Series:
    """The points from that step on: the series itself if these are all of them."""
    first = int(np.searchsorted(series.steps, step))
    return Series(series.steps[first:], series.values[first:]) if first else series


def between(series: Series, low: float, high: float) -> tuple[slice, Series]:
    """The slice of the points from step `low` to step `high`, both included, and these points as a series."""
    inside = slice(int(np.searchsorted(series.steps, low)), int(np.searchsorted(series.steps, high, "right")))
    return inside, Series(series.steps[inside], series.values[inside])


def continues(old: Series, new: Series) -> bool:
    """Whether the new series begins with all points of the old one."""
    return begins_with(new.steps, old.steps) and begins_with(new.values, old.values)


def begins_with(array: FloatArray, start: FloatArray) -> bool:
    """Whether the array begins with these numbers. It mostly is the same memory, which never changes."""
    first = array[: len(start)]
    same_memory = first.__array_interface__["data"] == start.__array_interface__["data"]
    return len(first) == len(start) and (same_memory or np.array_equal(first, start, equal_nan=True))


def lowest(series: Series) -> Value | None:
    """The lowest value at its first step; None if there is no point."""
    return _value(series, int(series.values.argmin())) if series else None


def highest(series: Series) -> Value | None:
    """The highest value at its first step; None if there is no point."""
    return _value(series, int(series.values.argmax())) if series else None


def newest(series: Series) -> Value | None:
    """The value at the last step; None if there is no point."""
    return _value(series, -1) if series else None


def _value(series: Series, at: int) -> Value:
    return Value(float(series.steps[at]), float(series.values[at]))
