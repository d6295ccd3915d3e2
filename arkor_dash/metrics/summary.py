"""A metric of a run as the list of jobs shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arkor_dash.protocol.metric_names import LOSS
from arkor_dash.protocol.metric_summaries import MetricSummary
from arkor_dash.protocol.thin_curve import POINTS_LIMIT, points_text

from .history import Metrics
from .series import FloatArray, highest, lowest


@dataclass(frozen=True, slots=True)
class _Known:
    version: int
    summary: MetricSummary


def metric_summary(metrics: Metrics, name: str) -> MetricSummary | None:
    """The summary of a metric, that of the loss with its curve; None if it was not reported."""
    metric = metrics.metrics.get(name)
    if metric is None or (last := metric.newest) is None:
        return None
    key = ("summary", name)
    known = metrics.memo.get(key)
    if isinstance(known, _Known) and known.version == metric.version:
        return known.summary
    low, high = lowest(metric.finite), highest(metric.finite)
    found = MetricSummary(
        last.value,
        low.value if low else None,
        high.value if high else None,
        _curve(metric.finite.values) if name == LOSS else "",
    )
    metrics.memo[key] = _Known(metric.version, found)
    return found


def _curve(values: FloatArray) -> str:
    """The points of a `ThinCurve` of these finite values, computed all at once."""
    if not len(values):
        return ""
    stride = 1
    while len(values) // stride >= POINTS_LIMIT:
        stride *= 2
    starts = np.arange(0, len(values), stride)
    counts = np.minimum(len(values) - starts, stride)
    # Divided first, since the sum of huge values may be infinite.
    means = np.add.reduceat(values / stride, starts) * (stride / counts)
    return points_text(means.tolist())
