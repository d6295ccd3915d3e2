"""The epochs of one part of a run: they tell whether a report of an earlier step belongs to the same training."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

SAMPLES = 512
"""The most epochs that are kept, evenly spaced over the part."""
ROUNDING = 0.01
"""By how much a reported epoch may differ: older trainers round it to two decimals."""


class Epochs:
    """Collects the epochs of a part in step order. Not thread-safe."""

    def __init__(self) -> None:
        self._steps: list[float] = []
        self._epochs: list[float] = []
        self._stride, self._skipped = 1, 0

    def add(self, step: float, epoch: float) -> None:
        """Add the epoch of a step that is higher than all before."""
        self._skipped += 1
        if self._skipped < self._stride or not math.isfinite(epoch):
            return
        self._skipped = 0
        self._steps.append(step)
        self._epochs.append(epoch)
        self._halve_if_full()

    def extend(self, steps: Sequence[float], epochs: Sequence[float]) -> None:
        """Add the epochs of several steps, as `add` does. All have to be finite."""
        count, place = len(epochs), max(self._stride - self._skipped - 1, 0)
        self._skipped += count
        while place < count:
            taken = slice(place, place + self._stride * (SAMPLES - len(self._epochs)), self._stride)
            self._steps += steps[taken]
            self._epochs += epochs[taken]
            last = place + self._stride * (len(epochs[taken]) - 1)
            self._skipped = count - 1 - last
            self._halve_if_full()
            place = last + self._stride

    def _halve_if_full(self) -> None:
        if len(self._steps) == SAMPLES:
            del self._steps[1::2], self._epochs[1::2]
            self._stride *= 2

    def are_below(self, step: float, epoch: float) -> bool:
        """Whether the part had not reached that epoch at that step.

        It can have been beyond it in the same training: a script that resumes may count its epochs from 0.
        """
        after = bisect_left(self._steps, step)
        return after < len(self._steps) and self._epochs[after] + ROUNDING < epoch
