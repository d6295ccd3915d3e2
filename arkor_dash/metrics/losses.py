"""The losses among the metrics of a run."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field

from arkor_dash.protocol.metric_names import EVAL_LOSS, LOSS, eval_set

from .history import Metrics
from .series import NO_POINTS, Series

EVAL_SETS = 20
"""The most evaluation sets of which the loss is drawn in the loss chart."""


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """One loss: its finite values, and the points whose value is NaN or infinite.

    `name` is the name of the metric. `eval_set` is the evaluation set of which it is the loss; "" if it has none.
    """

    name: str
    finite: Series
    nonfinite: Series = NO_POINTS
    eval_set: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.finite or self.nonfinite)


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """The losses of a run at one moment.

    `evals` are those that were reported: the eval loss, then those of the first `EVAL_SETS` evaluation sets. `since`
    and `memo` are those of the metrics. `version` grows with every report that has a loss: two `Losses` of one
    history with the same version are equal.
    """

    train: Loss
    evals: tuple[Loss, ...]
    version: int
    since: float = -math.inf
    memo: dict[Hashable, object] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether no step has a loss of any kind, finite or not."""
        return self.train.is_empty and not self.evals

    @property
    def main_evals(self) -> tuple[Loss, ...]:
        """The eval loss, by which a run is judged; without one, those of the evaluation sets."""
        return self.evals[:1] if self.evals and not self.evals[0].eval_set else self.evals


def losses_among(metrics: Metrics) -> Losses:
    """The losses among these metrics. Their series are the same objects until a loss is reported."""
    sets = {name: found for name in metrics.metrics if (found := eval_set(name))}
    names = [EVAL_LOSS] if EVAL_LOSS in metrics.metrics else []
    names += list(sets)[:EVAL_SETS]
    train, *evals = (
        Loss(name, metrics.finite(name), metrics.nonfinite(name), sets.get(name, ""))
        for name in (LOSS, *names)
    )
    versions = [metrics.metrics[name].version for name in (LOSS, *names) if name in metrics.metrics]
    return Losses(train, tuple(evals), sum(versions), metrics.since, metrics.memo)
