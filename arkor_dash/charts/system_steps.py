"""Places the metrics of a run's machine among the steps of the run, so that its charts share their axis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.metric import Metric
from arkor_dash.metrics.series import FloatArray, Series

from .x_axis import TIME_OF_DAY, x_axis


def with_system(metrics: Metrics, system: Metrics) -> Metrics:
    """The metrics of a run and of its machine.

    A measurement between two reports lies at a fraction of a step, by its time. One after the last report lies where
    the mean pace leads to. One before the first report is left out. Without the times of two reports there are none.
    """
    if not system.metrics:
        return metrics
    axis = x_axis(TIME_OF_DAY, metrics, None)
    if axis.kind != TIME_OF_DAY:
        return metrics
    steps = axis.steps_at(system.at_ms)
    # Reports at one time, or far-off times, may leave no order among the steps.
    kept = np.isfinite(steps) & (steps >= metrics.steps[0])
    kept[kept] = np.diff(np.maximum.accumulate(steps[kept]), prepend=-np.inf) > 0
    placed = {name: _placed(metric, system.steps, steps, kept) for name, metric in system.metrics.items()}
    return replace(metrics, metrics={**metrics.metrics, **placed})


def _placed(metric: Metric, seconds: FloatArray, steps: FloatArray, kept: npt.NDArray[np.bool_]) -> Metric:
    def at_steps(part: Series) -> Series:
        rows = np.searchsorted(seconds, part.steps)
        rows, values = rows[kept[rows]], part.values[kept[rows]]
        return Series(steps[rows], values)

    return Metric(at_steps(metric.finite), at_steps(metric.nonfinite), metric.version)
