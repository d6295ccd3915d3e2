"""What a run has reached in a metric: the final value, and the lowest and the highest one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from .history import Metrics
from .series import from_step


class Better(Enum):
    """Which values of a metric are better ones, as far as its name tells."""

    LOWER = "lower"
    HIGHER = "higher"
    UNKNOWN = "unknown"


_LOWER = frozenset(
    {"loss", "error", "err", "perplexity", "ppl", "nll", "wer", "cer", "mae", "mse", "rmse", "bpb"}
)
_HIGHER = frozenset(
    {
        "accuracy",
        "acc",
        "reward",
        "rewards",
        "score",
        "f1",
        "precision",
        "recall",
        "auc",
        "auroc",
        "bleu",
        "rouge",
    }
    | {"iou", "dice", "ndcg"}
)
_NEITHER = frozenset({"std", "var", "variance", "norm", "scale", "weight"})
"""With one of these words, a name is that of a spread or a factor: `reward_std`, `loss_scale`."""
_WORDS = re.compile(r"[A-Z]?[a-z]+[0-9]*|[A-Z]+(?![a-z])[0-9]*")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a metric, and the first step that has it."""

    step: float
    value: float


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a run in one metric.

    `final` is the last value, which may be NaN or infinite. `lowest` and `highest` are finite; None if there is no
    such value. They count from where the steps last began again: earlier values may be those of another task.
    """

    final: Value
    lowest: Value | None
    highest: Value | None


def result(metrics: Metrics, name: str) -> Result | None:
    """The result of a run in that metric; None if it was not reported."""
    finite, nonfinite = metrics.finite(name), metrics.nonfinite(name)
    last = max(
        (series for series in (finite, nonfinite) if series), key=lambda each: each.steps[-1], default=None
    )
    if last is None:
        return None
    since = from_step(finite, metrics.restart.at) if metrics.restart else finite
    ends = (int(since.values.argmin()), int(since.values.argmax())) if since else ()
    lowest, highest = (
        (Value(float(since.steps[at]), float(since.values[at])) for at in ends) if ends else (None, None)
    )
    return Result(Value(float(last.steps[-1]), float(last.values[-1])), lowest, highest)


def better(name: str) -> Better:
    """Which values of the metric are better: `LOWER` for `eval_loss`, `HIGHER` for `rewards/format/mean`."""
    words = {word.lower() for word in _WORDS.findall(name)}
    if words & _NEITHER:
        return Better.UNKNOWN
    if words & _LOWER:
        return Better.LOWER
    return Better.HIGHER if words & _HIGHER else Better.UNKNOWN
