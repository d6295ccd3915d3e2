"""The metrics of a report: the number in each of its fields that has one."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .fields import read_metric, read_number
from .metric_names import EPOCH, GRAD_NORM, LEARNING_RATE, LOSS, SAMPLES_PER_SECOND, metric_name

_READ_LENIENTLY = frozenset({LEARNING_RATE, EPOCH, SAMPLES_PER_SECOND})
"""Metrics that some servers send as text or in a list."""


def read_metrics(payload: Mapping[str, object]) -> dict[str, float]:
    """The numbers by the names of their metrics. A metric's own name precedes its aliases.

    A loss of 0 is NaN if the gradient is not finite: Hugging Face's Trainer logs 0 then.
    Source: `logging_nan_inf_filter` of its arguments, which is on by default.
    """
    found: dict[str, float] = {}
    for name, value in payload.items():
        metric = metric_name(name)
        if metric is None or (metric in found and metric != name):
            continue
        # Most are floats, and the function takes several times as long.
        number = value if type(value) is float else read_value(metric, value)
        if number is not None:
            found[metric] = number
    if found.get(LOSS) == 0 and not math.isfinite(found.get(GRAD_NORM, 0.0)):
        found[LOSS] = math.nan
    return found


def read_value(metric: str, value: object) -> float | None:
    """The number in a field of that metric; None if there is none."""
    return read_number(value) if metric in _READ_LENIENTLY else read_metric(value)
