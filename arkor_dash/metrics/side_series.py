"""The values that a job reports in addition to its losses: time, epoch, learning rate and speed at each step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from arkor_dash.protocol.events import TrainingLog

from .losses import FloatArray

STEPS_KEPT = 32_768
"""The most steps that are kept. Whenever this number is reached, every other step is dropped."""

_FIELDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class SideSeries:
    """Read-only arrays of shape (n,), `steps` strictly increasing; NaN where a report lacks the value.

    `at_ms` is the trainer's clock in Unix milliseconds. `samples_per_second` is in samples/s.
    """

    steps: FloatArray
    at_ms: FloatArray
    epoch: FloatArray
    learning_rate: FloatArray
    samples_per_second: FloatArray

    def reported(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The steps at which one of these columns is finite, and its values there."""
        finite = np.isfinite(values)
        return self.steps[finite], values[finite]


class SideSeriesHistory:
    """Collects the side series of a job. Not thread-safe.

    A report costs amortised O(1), and the whole at most 40 bytes times `STEPS_KEPT`. Steps that are out of order or
    repeated are ignored: these values change slowly, and readers interpolate between steps.
    """

    def __init__(self) -> None:
        self._rows = np.empty((_FIELDS, 16))
        self._size = 0
        self._stride = 1
        self._seen = 0

    def append(self, event: TrainingLog) -> None:
        """Add a report. Reports without a step are ignored."""
        if event.step is None or (self._size and event.step <= self._rows[0, self._size - 1]):
            return
        self._seen += 1
        if (self._seen - 1) % self._stride:
            return
        if self._size == STEPS_KEPT:
            self._halve()
        elif self._size == self._rows.shape[1]:
            grown = np.empty((_FIELDS, self._size * 2))
            grown[:, : self._size] = self._rows
            self._rows = grown
        self._rows[:, self._size] = [
            float(event.step),
            *(
                math.nan if value is None else value
                for value in (
                    event.emitted_at_ms,
                    event.epoch,
                    event.learning_rate,
                    event.samples_per_second,
                )
            ),
        ]
        self._size += 1

    def snapshot(self) -> SideSeries:
        """The side series so far, as views that later reports don't change."""
        view = self._rows[:, : self._size]
        view.flags.writeable = False
        return SideSeries(*view)

    def _halve(self) -> None:
        kept = self._rows[:, : self._size : 2]
        self._rows = np.empty((_FIELDS, STEPS_KEPT))
        self._rows[:, : kept.shape[1]] = kept
        self._size = kept.shape[1]
        self._stride *= 2
