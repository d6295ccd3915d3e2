"""What a job's reports say beside its losses, step by step: when each came, its epoch, rate and speed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from arkor_dash.protocol.events import TrainingLog

from .losses import FloatArray

KEPT = 32_768
"""Steps whose side values are kept, at most. Past it every other one is let go, as often as it takes."""

_FIELDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class SideSeries:
    """Read-only arrays of shape (n,), `steps` strictly increasing; NaN where a report left a value out.

    `at_ms` is the trainer's time as Unix milliseconds, `samples_per_second` is in samples/s.
    """

    steps: FloatArray
    at_ms: FloatArray
    epoch: FloatArray
    learning_rate: FloatArray
    samples_per_second: FloatArray

    def reported(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Of one of these columns, the steps that report it and what they report."""
        there = np.isfinite(values)
        return self.steps[there], values[there]


class SideSeriesHistory:
    """The side series of a job. A report costs amortised O(1), and all of it at most 40 bytes times `KEPT`.

    A step that comes late, or again, is passed over: these values change slowly, and what lies between two steps
    is interpolated by whoever needs it. Not for several threads at once.
    """

    def __init__(self) -> None:
        self._rows = np.empty((_FIELDS, 16))
        self._size = 0
        self._stride = 1
        self._seen = 0

    def append(self, event: TrainingLog) -> None:
        """Take in a report. One without a step says nothing here."""
        if event.step is None or (self._size and event.step <= self._rows[0, self._size - 1]):
            return
        self._seen += 1
        if (self._seen - 1) % self._stride:
            return
        if self._size == KEPT:
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
        """The side series so far. What it shows is not written again."""
        view = self._rows[:, : self._size]
        view.flags.writeable = False
        return SideSeries(*view)

    def _halve(self) -> None:
        kept = self._rows[:, : self._size : 2]
        self._rows = np.empty((_FIELDS, KEPT))
        self._rows[:, : kept.shape[1]] = kept
        self._size = kept.shape[1]
        self._stride *= 2
