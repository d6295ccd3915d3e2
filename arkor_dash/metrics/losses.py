"""A job's losses as append-only columns: written by one thread, read by many.

The value of a step is the last one reported for it. A finite value is a point of the series; NaN and the infinities
are kept apart as non-finite steps. A step moves between the two if its next report is of the other kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from arkor_dash.protocol.events import TrainingLog

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The points of one loss: two read-only arrays of shape (n,), steps strictly increasing.

    Steps are float64. Integers beyond 2**53 that round to the same float are the same step.
    """

    steps: FloatArray
    values: FloatArray

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, slots=True, eq=False)
class NonFinite:
    """The steps whose loss is NaN or infinite, with that value."""

    train: Series
    eval: Series

    @property
    def count(self) -> int:
        return len(self.train) + len(self.eval)


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """An immutable snapshot of a job's losses.

    `train` and `eval` hold finite values only. `version` grows with every report that has a loss: two snapshots of
    one history with the same version are equal.
    """

    train: Series
    eval: Series
    nonfinite: NonFinite
    version: int

    @property
    def empty(self) -> bool:
        """Whether no step has a loss of either kind, finite or not."""
        return not (self.train or self.eval or self.nonfinite.count)


class LossHistory:
    """The losses of a job's reports. Thread-safe for one writer and many readers.

    One point takes 16 to 17 bytes. A report in step order costs amortised O(1), and a snapshot after it is a view
    of the columns. Reports out of order are buffered until the next snapshot, which merges them into a copy of the
    columns, so that earlier snapshots don't change.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._train = _Column()
        self._eval = _Column()
        self._version = 0
        self._latest: Losses | None = None

    def append(self, event: TrainingLog) -> None:
        """Add a report. Reports without a step or without a loss are ignored."""
        if event.step is None or (event.loss is None and event.eval_loss is None):
            return
        step = float(event.step)
        with self._lock:
            if event.loss is not None:
                self._train.append(step, event.loss)
            if event.eval_loss is not None:
                self._eval.append(step, event.eval_loss)
            self._version += 1
            self._latest = None

    def snapshot(self) -> Losses:
        """The losses so far: the same object until the next report."""
        with self._lock:
            if self._latest is None:
                train, train_nonfinite = self._train.series()
                evals, evals_nonfinite = self._eval.series()
                nonfinite = NonFinite(train_nonfinite, evals_nonfinite)
                self._latest = Losses(train, evals, nonfinite, self._version)
            return self._latest


class _Points:
    """A growable array of steps and values. The part that a view covers is never written again."""

    __slots__ = ("_columns", "size")

    def __init__(self, columns: FloatArray | None = None) -> None:
        self._columns: FloatArray = np.empty((2, 0)) if columns is None else columns
        self.size = self._columns.shape[1]

    def append(self, step: float, value: float) -> None:
        if self.size == self._columns.shape[1]:
            # Growing by a sixteenth keeps two columns within 34 bytes a step; doubling would not.
            grown = np.empty((2, self.size + max(16, self.size // 16)))
            grown[:, : self.size] = self._columns
            self._columns = grown
        self._columns[0, self.size] = step
        self._columns[1, self.size] = value
        self.size += 1

    def view(self) -> FloatArray:
        """Shape (2, n): steps, values. Read-only."""
        view = self._columns[:, : self.size]
        view.flags.writeable = False
        return view

    def split(self, step: float) -> tuple[FloatArray, FloatArray]:
        """The points before `step`, and the points from `step` on, each of shape (2, n)."""
        view = self.view()
        at = int(np.searchsorted(view[0], step))
        return view[:, :at], view[:, at:]

    def series(self) -> Series:
        steps, values = self.view()
        return Series(steps, values)


class _Column:
    """One loss series, with reports out of order buffered until a reader needs them."""

    __slots__ = ("_finite", "_late", "_newest", "_nonfinite")

    def __init__(self) -> None:
        self._finite = _Points()
        self._nonfinite = _Points()
        self._late = _Points()
        self._newest = -math.inf

    def append(self, step: float, value: float) -> None:
        if step > self._newest:
            self._newest = step
            (self._finite if math.isfinite(value) else self._nonfinite).append(step, value)
            return
        self._late.append(step, value)
        # Bounds the buffer of a stream that is always out of order while nobody reads; amortised O(1) a report.
        if self._late.size > max(1024, (self._finite.size + self._nonfinite.size) // 4):
            self._merge()

    def series(self) -> tuple[Series, Series]:
        """The finite points and the non-finite ones."""
        if self._late.size:
            self._merge()
        return self._finite.series(), self._nonfinite.series()

    def _merge(self) -> None:
        late = self._late.view()
        earliest = late[0].min()
        finite, finite_tail = self._finite.split(earliest)
        nonfinite, nonfinite_tail = self._nonfinite.split(earliest)
        # Buffered reports are last here, and a stable sort keeps them last among equal steps: the newest value wins.
        tail = np.concatenate([finite_tail, nonfinite_tail, late], axis=1)
        tail = tail[:, np.argsort(tail[0], kind="stable")]
        tail = tail[:, np.append(tail[0, 1:] != tail[0, :-1], True)]
        is_finite = np.isfinite(tail[1])
        self._finite = _Points(np.concatenate([finite, tail[:, is_finite]], axis=1))
        self._nonfinite = _Points(np.concatenate([nonfinite, tail[:, ~is_finite]], axis=1))
        self._late = _Points()


def between(series: Series, low: float, high: float) -> tuple[slice, Series]:
    """The slice of the points from step `low` to step `high`, both included, and these points as a series."""
    inside = slice(int(np.searchsorted(series.steps, low)), int(np.searchsorted(series.steps, high, "right")))
    return inside, Series(series.steps[inside], series.values[inside])
