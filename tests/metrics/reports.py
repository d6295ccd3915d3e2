"""Reports of a run, and the metrics that they make."""

from __future__ import annotations

from arkor_dash.metrics.history import MetricHistory, Metrics
from arkor_dash.metrics.losses import Losses, losses_among
from arkor_dash.metrics.series import Series
from arkor_dash.protocol.events import TrainingLog


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
