"""Reports that wait to be stored: a backlog is stored in batches, which is faster."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

_BATCH = 1_024


@dataclass(slots=True)
class WaitingRow:
    """The reports of one step. `at_ms` is NaN if none has a time."""

    step: float
    at_ms: float
    metrics: Mapping[str, float]

    def add(self, at_ms: float, metrics: Mapping[str, float]) -> None:
        """Add a later report of the step."""
        if math.isnan(self.at_ms):
            self.at_ms = at_ms
        self.metrics = {**self.metrics, **metrics}


class WaitingReports:
    """Collects reports until they are taken. Not thread-safe."""

    def __init__(self) -> None:
        self._rows: list[WaitingRow] = []
        self._in_order = True

    def add(self, step: float, at_ms: float, metrics: Mapping[str, float], stored: float) -> None:
        """Add a report. `stored` is the newest step that was stored before."""
        if self._rows and self._rows[-1].step == step:
            self._rows[-1].add(at_ms, metrics)
            return
        last = self._rows[-1].step if self._rows else stored
        self._in_order = self._in_order and step >= last
        self._rows.append(WaitingRow(step, at_ms, metrics))

    def is_enough(self, stored: int) -> bool:
        """Whether to store them now. `stored` counts the steps among which those out of order have to be inserted."""
        return len(self._rows) >= (_BATCH if self._in_order else max(_BATCH, stored // 16))

    def take(self) -> list[WaitingRow]:
        """One row for each step, in order. Nothing waits any more."""
        rows = self._rows if self._in_order else _one_per_step(self._rows)
        self._rows, self._in_order = [], True
        return rows


def _one_per_step(rows: list[WaitingRow]) -> list[WaitingRow]:
    merged: dict[float, WaitingRow] = {}
    for row in rows:
        found = merged.setdefault(row.step, row)
        if found is not row:
            found.add(row.at_ms, row.metrics)
    return sorted(merged.values(), key=lambda row: row.step)
