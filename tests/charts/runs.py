"""Runs for the tests of comparisons."""

from __future__ import annotations

from arkor_dash.charts.compared_runs import Run
from arkor_dash.charts.x_axis import BY_STEP, XAxis
from arkor_dash.metrics.history import Metrics
from arkor_dash.protocol.jobs import status_word
from tests.metrics.reports import metrics_of, report


def run(
    name: str,
    metrics: Metrics | None = None,
    *,
    axis: XAxis | None = BY_STEP,
    status: str = "completed",
    duration_s: float | None = None,
    running_since_ms: float | None = None,
    **settings: str,
) -> Run:
    return Run(
        name,
        name,
        status,
        status_word(status),
        duration_s,
        running_since_ms,
        metrics or metrics_of(),
        axis,
        settings,
    )


def reported(**values: list[float]) -> Metrics:
    """Metrics with these values at the steps 1, 2, …"""
    return metrics_of(
        *(
            report(step, **{name: value})
            for name, each in values.items()
            for step, value in enumerate(each, start=1)
        )
    )
