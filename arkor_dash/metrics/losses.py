"""The losses among the metrics of a run."""

from __future__ import annotations

from dataclasses import dataclass

from arkor_dash.protocol.metric_names import EVAL_LOSS, LOSS

from .history import Metrics
from .series import Series


@dataclass(frozen=True, slots=True, eq=False)
class NonFinite:
    """The steps whose loss is NaN or infinite, with that value."""

    train: Series
    eval: Series

    @property
    def count(self) -> int:
        return len(self.train) + len(self.eval)


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """The losses of a run at one moment.

    `train` and `eval` hold finite values only. `version` grows with every report that has a loss: two `Losses` of one
    history with the same version are equal.
    """

    train: Series
    eval: Series
    nonfinite: NonFinite
    version: int

    @property
    def empty(self) -> bool:
        """Whether no step has a loss of either kind, finite or not."""
        return not (self.train or self.eval or self.nonfinite.count)


def losses_among(metrics: Metrics) -> Losses:
    """The losses among these metrics. Their series are the same objects until a loss is reported."""
    found = [metrics.metrics[name] for name in (LOSS, EVAL_LOSS) if name in metrics.metrics]
    nonfinite = NonFinite(metrics.nonfinite(LOSS), metrics.nonfinite(EVAL_LOSS))
    version = sum(metric.version for metric in found)
    return Losses(metrics.finite(LOSS), metrics.finite(EVAL_LOSS), nonfinite, version)
