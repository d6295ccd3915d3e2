"""The best eval loss of a run, and whether its losses diverge or overfit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arkor_dash.protocol.restarts import Restart

from .losses import Losses
from .series import NO_POINTS, FloatArray, Series, Value, continues, from_step, lowest
from .smoothing import smoothed
from .value_format import format_value, shown_step

DIVERGED, OVERFITTING, BEGAN_AGAIN = "Diverged", "Overfitting", "Began again"
SMOOTHING, SMOOTHED_POINTS = 0.9, 500
DIVERGED_FACTOR = 1.5
"""A run has diverged if its training loss exceeds this many times its best value so far. Blocks are compared."""
BLOCK = 10
"""Points in a block, whose median is compared: one spike, or one low loss by luck, does not change it."""
DIVERGED_POINTS = 50
"""The number of points in a row for which the loss has to be that high."""
FEWEST_CURVE_POINTS = 16
"""A curve of fewer points, each the mean of some reports, says nothing about divergence."""
SMALLEST_BEST = 0.01
"""A lower best value counts as this: a loss that rises from a millionth to two millionths is not a problem."""
OVERFIT_EVALS = 3
"""A run overfits if all of this many newest eval losses exceed the best one, while the training loss falls."""
OVERFIT_MARGIN = 0.01
"""The share of the best eval loss by which the newest ones have to exceed it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know about the run from `step` on. `rule` explains in a sentence why it was found.

    `lasting`: the newest point still shows the problem.
    """

    title: str
    step: float
    rule: str
    lasting: bool


def findings(losses: Losses) -> tuple[Finding, ...]:
    """All problems that the losses show since the steps last began again.

    Of several eval losses that show overfitting, it is that of the one that began first.
    """
    train, since = losses.train.finite, losses.since
    overfit = [
        found
        for each in losses.main_evals
        if (found := overfitting(from_step(train, since), from_step(each.finite, since)))
    ]
    first = min(overfit, key=lambda found: found.step, default=None)
    return tuple(found for found in (_divergence(losses), first) if found)


def restart_found(restart: Restart | None) -> tuple[Finding, ...]:
    """That the steps of the run have begun again, if they have."""
    if restart is None:
        return ()
    often = f" ({restart.count:,} times so far)" if restart.count > 1 else ""
    rule = (
        f"The steps began again at {shown_step(restart.step)} after step {shown_step(restart.last_step)}{often}. "
        f"What followed is drawn from {shown_step(restart.at)} on."
    )
    return (Finding(BEGAN_AGAIN, restart.at, rule, lasting=True),)


def best_eval(evals: Series, since: float = -math.inf) -> Value | None:
    """The lowest value of an eval loss from step `since` on; None if there is none."""
    return lowest(from_step(evals, since))


def divergence(train: Series) -> Finding | None:
    """The latest stretch where the training loss stayed far above its best value so far.

    None if there is no such stretch, and if the best value is zero or negative: a factor then means nothing.
    """
    return _divergence_among(train, _medians(train, 0))


def _medians(train: Series, first: int) -> FloatArray:
    """The median of each whole block, from the block of that index on."""
    blocks = train.values[first * BLOCK : len(train) // BLOCK * BLOCK].reshape(-1, BLOCK)
    medians: FloatArray = np.median(blocks, axis=1)
    return medians


def _divergence_among(train: Series, medians: FloatArray) -> Finding | None:
    if len(medians) * BLOCK <= DIVERGED_POINTS:
        return None
    best = np.minimum.accumulate(medians)
    if best[-1] <= 0:
        return None
    limits = _limits(best)
    edges = np.diff(np.concatenate([[0], medians > limits, [0]]).astype(np.int8))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    long = np.flatnonzero(ends - begins >= DIVERGED_POINTS // BLOCK)
    if not len(long):
        return None
    begin, end = int(begins[long[-1]]), int(ends[long[-1]])
    block = train.values[begin * BLOCK : (begin + 1) * BLOCK]
    first = int((block > limits[begin]).argmax())
    step = float(train.steps[begin * BLOCK + first])
    rule = (
        f"From step {shown_step(step)} on, the training loss, as the median of {BLOCK} points, was over "
        f"{DIVERGED_FACTOR} times its best value ({format_value(float(best[begin]))}) "
        f"for {(end - begin) * BLOCK:,} points."
    )
    return Finding(DIVERGED, step, rule, lasting=end == len(medians))


def _limits(best: FloatArray) -> FloatArray:
    """The training loss above which a run diverges, by its best value so far."""
    limits: FloatArray = DIVERGED_FACTOR * np.maximum(best, SMALLEST_BEST)
    return limits


def ends_high(curve: Sequence[float]) -> bool:
    """Whether a training loss ends as far above its best value as in a divergence, by the points of its thin curve.

    The last quarter of the points has to be that high, as the median of three neighbours.
    """
    if len(curve) < FEWEST_CURVE_POINTS:
        return False
    medians = np.median(np.lib.stride_tricks.sliding_window_view(np.array(curve), 3), axis=1)
    best = np.minimum.accumulate(medians)
    last = len(curve) // 4
    return bool(best[-1] > 0 and (medians[-last:] > _limits(best)[-last:]).all())


def overfitting(train: Series, evals: Series) -> Finding | None:
    """Overfitting: the newest eval losses clearly exceed the best one, and the training loss fell since the best."""
    best = lowest(evals)
    newest = evals.values[-OVERFIT_EVALS:]
    if best is None or not len(train) or len(newest) < OVERFIT_EVALS:
        return None
    if not (newest > best.value + OVERFIT_MARGIN * abs(best.value)).all():
        return None
    at_best = min(int(np.searchsorted(train.steps, best.step)), len(train) - 1)
    if _smoothed_at(train, len(train) - 1) >= _smoothed_at(train, at_best):
        return None
    rule = (
        f"The last {OVERFIT_EVALS} eval losses are more than {OVERFIT_MARGIN:.0%} above the best one "
        f"({format_value(best.value)} at step {shown_step(best.step)}), while the smoothed training loss fell."
    )
    return Finding(OVERFITTING, best.step, rule, lasting=True)


def _smoothed_at(train: Series, index: int) -> float:
    """The smoothed value at that index. Earlier values than `SMOOTHED_POINTS` have no weight in a float."""
    values = train.values[max(0, index + 1 - SMOOTHED_POINTS) : index + 1]
    return float(smoothed(values, SMOOTHING)[-1])


@dataclass(frozen=True, slots=True, eq=False)
class _Scan:
    """The medians of the blocks of a training loss, and what was found in them."""

    train: Series
    medians: FloatArray
    found: Finding | None


def _divergence(losses: Losses) -> Finding | None:
    """As `divergence`, by the medians that are known from an earlier moment."""
    train, key = from_step(losses.train.finite, losses.since), ("divergence", losses.since)
    last, known = losses.memo.get(key), NO_POINTS.values
    if isinstance(last, _Scan) and continues(last.train, train):
        if len(last.medians) == len(train) // BLOCK:
            return last.found
        known = last.medians
    medians = np.concatenate([known, _medians(train, len(known))])
    found = _divergence_among(train, medians)
    losses.memo[key] = _Scan(train, medians, found)
    return found
