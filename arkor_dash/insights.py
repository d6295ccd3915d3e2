"""What a curve says at a glance: its best eval loss, whether it diverged or overfits, how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .events import format_loss, format_step
from .losses import FloatArray, Series
from .smoothing import smoothed
from .tracks import Tracks

DIVERGED, OVERFITTING = "Diverged", "Overfitting"
SMOOTHING = 0.9
DIVERGED_FACTOR = 1.5
DIVERGED_POINTS = 50
OVERFIT_EVALS = 3
OVERFIT_MARGIN = 0.01
RATE_STEPS = 500


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


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the run is done, from 0 to 1, and by what count; `left_s` is None where no rate is known yet."""

    done: float
    basis: str
    left_s: float | None


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
        f"({format_loss(float(best[begin]))}) for {end - begin:,} points from step {format_step(step)} on."
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
        f"({format_loss(best.loss)} at step {format_step(best.step)}), while the smoothed training loss fell on."
    )
    return Finding(OVERFITTING, best.step, rule, lasting=True)


@lru_cache(maxsize=2)
def _line(train: Series) -> FloatArray:
    """The smoothed training loss, which both findings look at."""
    return smoothed(train.values, SMOOTHING)


def progress(config: Mapping[str, object], tracks: Tracks) -> Progress | None:
    """How far a run is, by `maxSteps` of its config, else by `numTrainEpochs`; None where neither is known.

    The time left takes the pace of the last `RATE_STEPS` reports.
    """
    for key, (steps, reached) in (
        ("maxSteps", tracks.reported(tracks.steps)),
        ("numTrainEpochs", tracks.reported(tracks.epoch)),
    ):
        goal = config.get(key)
        if isinstance(goal, bool) or not isinstance(goal, (int, float)) or not goal > 0 or not len(reached):
            continue
        recent = slice(-RATE_STEPS, None)
        at_ms = tracks.at_ms[np.searchsorted(tracks.steps, steps[recent])]
        came, took_s = float(reached[-1] - reached[recent][0]), float(at_ms[-1] - at_ms[0]) / 1000
        left = max(0.0, float(goal) - float(reached[-1]))
        pace = came / took_s if took_s > 0 else 0.0
        unit = "steps" if key == "maxSteps" else "epochs"
        basis = f"{_count(float(reached[-1]))} of {_count(float(goal))} {unit}"
        return Progress(min(1.0, float(reached[-1]) / float(goal)), basis, left / pace if pace > 0 else None)
    return None


def _count(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"
