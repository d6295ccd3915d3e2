"""The names of metrics: one for each metric, whatever a training script or a server calls it.

A name is kept as it was reported, unless it is another name of a metric that the dashboard knows.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .fields import replace_surrogates

LOSS, EVAL_LOSS = "loss", "eval_loss"
LEARNING_RATE, EPOCH, SAMPLES_PER_SECOND = "learning_rate", "epoch", "samples_per_second"
GRAD_NORM = "grad_norm"
SYSTEM = "system"
"""The group of the metrics that a run records about its machine."""
NAME_LIMIT = 200
"""Characters of the longest name. A metric with a longer one is left out."""

_ALIASES = {
    LOSS: ("train/loss",),
    EVAL_LOSS: ("evalLoss", "eval/loss", "val_loss", "val/loss", "validation_loss", "validation/loss"),
    LEARNING_RATE: ("learningRate", "lr", "train/learning_rate", "train/lr"),
    EPOCH: ("train/epoch",),
    SAMPLES_PER_SECOND: ("samplesPerSecond", "train_samples_per_second", "train/samples_per_second"),
    GRAD_NORM: ("train/grad_norm",),
}
_NAME_OF = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_EVAL_SET = re.compile(r"(?:eval|val|validation)[_/](?P<set>.+?)[_/]loss")
_NO_METRIC = frozenset({"type", "jobId", "timestamp", "step"})


@lru_cache(maxsize=4_096)
def metric_name(field: str) -> str | None:
    """The name of the metric in that field of a report; None if the field is no metric, or its name is too long."""
    if field in _NO_METRIC or not 0 < len(field) <= NAME_LIMIT:
        return None
    return _NAME_OF.get(field) or replace_surrogates(field)


def eval_set(name: str) -> str | None:
    """The evaluation set of a metric that is a loss: `a` for `eval_a_loss`, `eval/a_loss`, `eval/a/loss`; or None."""
    found = _EVAL_SET.fullmatch(name)
    return found["set"] if found else None


def is_eval_loss(name: str) -> bool:
    """Whether the metric is the eval loss, or that of an evaluation set."""
    return name == EVAL_LOSS or eval_set(name) is not None
