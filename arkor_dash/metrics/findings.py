"""What a curve says at a glance: its best eval loss, whether it diverged or overfits, how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from arkor_dash.protocol.events import format_step

from .losses import FloatArray, Series
from .smoothing import smoothed
from .value_format import format_value

DIVERGED, OVERFITTING = "Diverged", "Overfitting"
SMOOTHING = 0.9
DIVERGED_FACTOR = 1.5
DIVERGED_POINTS = 50
OVERFIT_EVALS = 3
OVERFIT_MARGIN = 0.01


@dataclass(frozen=True, slots=True)
class Best:
    """The least eval loss; of several, the first."""

    step: float
    loss: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A stretch of the curve that calls for a look: from `step` on, and the rule that it met, in words.

    `lasting`: it still does at the newest point.
    """

    title: str
    step: float
    rule: str
    lasting: bool


def best_eval(evals: Series) -> Best | None:
    if not len(evals):
        return None
    at = int(evals.values.argmin())
    return Best(float(evals.steps[at]), float(evals.values[at]))


@lru_cache(maxsize=8)
def findings(train: Series, evals: Series) -> tuple[Finding, ...]:
    """All that calls for a look, kept for the viewers that ask for the same series."""
    return tuple(found for found in (divergence(train), overfitting(train, evals)) if found)


def divergence(train: Series) -> Finding | None:
    """The last stretch where the smoothed training loss stayed far above its best so far.

    Losses that go below zero have no factor to be measured by, so nothing is said of them.
    """
    if len(train) <= DIVERGED_POINTS:
        return None
    line = _line(train)
    best = np.minimum.accumulate(line)
    if best[-1] <= 0:
        return None
    edges = np.diff(np.concatenate([[0], line > DIVERGED_FACTOR * best, [0]]).astype(np.int8))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    long = np.flatnonzero(ends - begins >= DIVERGED_POINTS)
    if not len(long):
        return None
    begin, end = int(begins[long[-1]]), int(ends[long[-1]])
    step = float(train.steps[begin])
    rule = (
        f"The training loss, smoothed by {SMOOTHING}, was over {DIVERGED_FACTOR} times its best "
        f"({format_value(float(best[begin]))}) for {end - begin:,} points from step {format_step(step)} on."
    )
    return Finding(DIVERGED, step, rule, lasting=end == len(line))


def overfitting(train: Series, evals: Series) -> Finding | None:
    """The newest eval losses lie clearly above the best one, and the training loss has fallen since that."""
    best = best_eval(evals)
    newest = evals.values[-OVERFIT_EVALS:]
    if best is None or not len(train) or len(newest) < OVERFIT_EVALS:
        return None
    if not (newest > best.loss + OVERFIT_MARGIN * abs(best.loss)).all():
        return None
    line = _line(train)
    then = min(int(np.searchsorted(train.steps, best.step)), len(line) - 1)
    if line[-1] >= line[then]:
        return None
    rule = (
        f"The last {OVERFIT_EVALS} eval losses are over {OVERFIT_MARGIN:.0%} above the best one "
        f"({format_value(best.loss)} at step {format_step(best.step)}), while the smoothed training loss fell on."
    )
    return Finding(OVERFITTING, best.step, rule, lasting=True)


@lru_cache(maxsize=2)
def _line(train: Series) -> FloatArray:
    """The smoothed training loss, which both findings look at."""
    return smoothed(train.values, SMOOTHING)
