"""Reports of a run, and the metrics that they make."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from arkor_dash.metrics.history import MetricHistory, Metrics
from arkor_dash.metrics.losses import Losses, losses_among
from arkor_dash.metrics.reports import Points, Reports
from arkor_dash.metrics.series import Series
from arkor_dash.protocol.events import CheckpointSaved, TrainingLog


def report(step: float | None, at_ms: float | None = None, **metrics: float | None) -> TrainingLog:
    """A report of the metrics that are not None."""
    return TrainingLog(
        at_ms, step, metrics={name: value for name, value in metrics.items() if value is not None}
    )


def history_of(*reports: TrainingLog) -> MetricHistory:
    history = MetricHistory()
    for each in reports:
        history.append(each)
    return history


def metrics_of(*reports: TrainingLog) -> Metrics:
    return history_of(*reports).snapshot()


def losses_of(*reports: tuple[float, float | None, float | None]) -> Losses:
    """The losses of reports, each given as step, training loss and eval loss."""
    return losses_among(
        metrics_of(*(report(step, loss=loss, eval_loss=eval_loss) for step, loss, eval_loss in reports))
    )


def pairs(series: Series) -> list[tuple[float, float]]:
    return list(zip(series.steps.tolist(), series.values.tolist(), strict=True))


def in_columns(events: Sequence[TrainingLog | CheckpointSaved]) -> Reports:
    """The same reports and checkpoints in columns."""
    rows = [event for event in events if isinstance(event, TrainingLog)]
    found: dict[str, tuple[list[int], list[float]]] = {}
    for number, row in enumerate(rows):
        for name, value in row.metrics.items():
            places, values = found.setdefault(name, ([], []))
            places.append(number)
            values.append(value)
    before = 0
    checkpoints = []
    for event in events:
        if isinstance(event, CheckpointSaved):
            checkpoints.append((before, event))
        else:
            before += 1
    return Reports(
        np.array([math.nan if row.step is None else float(row.step) for row in rows], dtype=float),
        np.array([math.nan if row.emitted_at_ms is None else row.emitted_at_ms for row in rows], dtype=float),
        {name: Points(np.array(places), np.array(values)) for name, (places, values) in found.items()},
        tuple(checkpoints),
    )


def described(metrics: Metrics) -> object:
    """All that a snapshot shows, but for the versions."""
    return {
        "steps": metrics.steps.tolist(),
        "at_ms": repr(metrics.at_ms.tolist()),
        "metrics": [
            (
                name,
                each.finite.steps.tolist(),
                each.finite.values.tolist(),
                each.nonfinite.steps.tolist(),
                repr(each.nonfinite.values.tolist()),
            )
            for name, each in metrics.metrics.items()
        ],
        "recent": repr([(float(step), at_ms, epoch) for step, at_ms, epoch in metrics.recent]),
        "rest": (metrics.restart, metrics.checkpoints, metrics.left_out, metrics.without_step),
    }
