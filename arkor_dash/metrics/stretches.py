"""The reports in a stretch of events, from the columns of the stretch to those of `Reports`."""

from __future__ import annotations

import numpy as np

from arkor_dash.columns.stretch import IntArray, Stretch
from arkor_dash.protocol.metric_names import GRAD_NORM, LOSS

from .reports import Points, ReportColumns


def add_shape(found: ReportColumns, rows: IntArray, stretch: Stretch, number: int, within: IntArray) -> None:
    """Add the reports of one shape as these rows. `within`: their rows in the stretch."""
    shape = stretch.shapes[number]
    columns = stretch.numbers(number, within)
    if shape.has_time:
        # As `read_unix_ms` computes it, to the last bit.
        found.at_ms[rows] = stretch.times(within) / 1000.0 * 1000.0
    if "step" in shape.numbers:
        steps = columns[shape.numbers.index("step")]
        found.steps[rows] = np.where(np.isfinite(steps), steps, np.nan)
    metrics = {
        name: columns[source] if isinstance(source, int) else np.full(len(rows), source)
        for name, source in shape.metrics.items()
    }
    if LOSS in metrics and GRAD_NORM in metrics:
        is_filtered = (metrics[LOSS] == 0) & ~np.isfinite(metrics[GRAD_NORM])  # see `read_metrics`
        metrics[LOSS] = np.where(is_filtered, np.nan, metrics[LOSS])
    for place, (name, values) in enumerate(metrics.items()):
        found.add(name, place, Points(rows, values))
