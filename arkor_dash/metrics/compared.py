"""The metrics in which several runs can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from arkor_dash.protocol.metric_names import EVAL_LOSS, LOSS, eval_set, is_eval_loss

from .groups import metric_groups
from .history import Metrics


def compared_metrics(runs: Sequence[Metrics]) -> list[str]:
    """The names of all metrics that the runs report: the losses first, then the others by their groups."""
    names = dict.fromkeys(name for metrics in runs for name in metrics.metrics)
    losses = [name for name in (LOSS, EVAL_LOSS) if name in names]
    losses += [name for name in names if eval_set(name)]
    return losses + [name for group in metric_groups(names) for name in group.metrics]


def main_eval(runs: Sequence[Metrics]) -> str | None:
    """The eval loss by which the runs are compared: the one that most of them report; None if none reports any.

    Eval losses of different evaluation sets can't be compared. Of several that are as common, the one without an
    evaluation set is chosen, else the one that was reported first.
    """
    counts: Counter[str] = Counter()
    for metrics in runs:
        counts.update(filter(is_eval_loss, metrics.metrics))
    return max(counts, key=lambda name: (counts[name], name == EVAL_LOSS), default=None)


def main_metric(runs: Sequence[Metrics]) -> str | None:
    """The loss that most runs report, an eval loss before the training loss; without a loss, the first metric."""
    names = compared_metrics(runs)
    losses = [name for name in (main_eval(runs), LOSS) if name in names]
    counts = {name: sum(name in metrics.metrics for metrics in runs) for name in losses}
    return max(losses, key=lambda name: counts[name], default=names[0] if names else None)
