"""The newest reports of a run, which tell how fast it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from arkor_dash.protocol.metric_names import EPOCH

from .columns import Indices
from .reports import Reports, none_if_nan


class RecentReport(NamedTuple):
    """How far the run was when it reported `step`. `epoch` is None if the report had none."""

    step: float
    emitted_at_ms: float | None
    epoch: float | None


def recent_reports(reports: Reports, rows: Indices) -> Iterator[RecentReport]:
    """The reports of these rows, which increase."""
    steps, times = reports.steps[rows].tolist(), reports.at_ms[rows].tolist()
    epochs: list[float | None] = [None] * len(reports)
    if EPOCH in reports.metrics:
        for row, epoch in zip(*(column.tolist() for column in reports.metrics[EPOCH]), strict=True):
            epochs[row] = epoch
    for row, step, at_ms in zip(rows.tolist(), steps, times, strict=True):
        yield RecentReport(step, none_if_nan(at_ms), epochs[row])
