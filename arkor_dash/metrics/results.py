"""What a run has reached in a metric: the final value, and the lowest and the highest one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from .history import Metrics
from .series import Value, from_step, highest, lowest, newest


class Better(Enum):
    """Which values of a metric are better ones, as far as its name tells."""

    LOWER = "lower"
    HIGHER = "higher"
    UNKNOWN = "unknown"


_LOWER = frozenset(
    {"loss", "error", "err", "perplexity", "ppl", "nll", "wer", "cer", "mae", "mse", "rmse", "bpb"}
)
_HIGHER = frozenset(
    {"accuracy", "acc", "precision", "recall", "f1", "auc", "auroc", "bleu", "rouge", "iou", "dice", "ndcg"}
    | {"reward", "rewards", "score"}
)
_NEITHER = frozenset({"std", "var", "variance", "norm", "scale", "weight"})
"""With one of these words, a name is that of a spread or a factor: `reward_std`, `loss_scale`."""
_WORDS = re.compile(r"[A-Z]?[a-z]+[0-9]*|[A-Z]+(?![a-z])[0-9]*")


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a run in one metric.

    `final` is the last value, which may be NaN or infinite. `last_finite`, `lowest` and `highest` are finite; None if
    there is no such value. The lowest and the highest count from where the steps last began again, each at the first
    step that has it.
    """

    final: Value
    last_finite: Value | None
    lowest: Value | None
    highest: Value | None

    def best(self, direction: Better) -> Value | None:
        """The best value; None if it is not known which values are better, or there is none."""
        return {Better.LOWER: self.lowest, Better.HIGHER: self.highest}.get(direction)


@dataclass(frozen=True, slots=True)
class _Known:
    """A result, and the version of the metric and the step that it counts from."""

    moment: tuple[int, float]
    result: Result


def result(metrics: Metrics, name: str) -> Result | None:
    """The result of a run in that metric; None if it was not reported."""
    metric = metrics.metrics.get(name)
    if metric is None or (final := metric.newest) is None:
        return None
    key, moment = ("result", name), (metric.version, metrics.since)
    known = metrics.memo.get(key)
    if isinstance(known, _Known) and known.moment == moment:
        return known.result
    since = from_step(metric.finite, metrics.since)
    found = Result(final, newest(metric.finite), lowest(since), highest(since))
    metrics.memo[key] = _Known(moment, found)
    return found


def better(name: str) -> Better:
    """Which values of the metric are better: `LOWER` for `eval_loss`, `HIGHER` for `rewards/format/mean`."""
    words = {word.lower() for word in _WORDS.findall(name)}
    if words & _NEITHER:
        return Better.UNKNOWN
    if words & _LOWER:
        return Better.LOWER
    return Better.HIGHER if words & _HIGHER else Better.UNKNOWN
