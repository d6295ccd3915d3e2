"""The chart of one metric, as large as the loss chart."""

from __future__ import annotations

from arkor_dash.metrics.findings import restart_found
from arkor_dash.metrics.groups import group_of
from arkor_dash.metrics.history import Metrics
from arkor_dash.protocol.fields import shortened

from .curve import PLAIN, Curve, CurveOptions, View, curve
from .curve_text import missing_steps
from .lines import Content, Line

NAME_LIMIT = 60
"""Characters of a metric's name in its chart."""


def metric_curve(name: str, metrics: Metrics, view: View, options: CurveOptions = PLAIN) -> Curve:
    """The chart of that metric in one view."""
    content = metric_content(name, metrics)
    return curve(content.lines, view, options, content.checkpoints, content.findings)


def metric_content(name: str, metrics: Metrics) -> Content:
    """What the chart of that metric draws. A metric of an evaluation looks like an eval loss."""
    line = Line(
        shown_name(name), metrics.finite(name), metrics.nonfinite(name), is_eval=group_of(name) == "eval"
    )
    found = restart_found(metrics.restart)
    return Content((line,), metrics.checkpoints, found, missing_steps(metrics))


def shown_name(name: str) -> str:
    """The name as a chart shows it: shortened if it is very long."""
    return shortened(name, NAME_LIMIT)
