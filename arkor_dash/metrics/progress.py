"""The progress of a run, and the estimated time left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arkor_dash.protocol.fields import to_number
from arkor_dash.protocol.metric_names import EPOCH

from .history import Metrics, NewestReport
from .series import Series

RATE_REPORTS = 500
"""The number of newest reports from which the speed is computed."""
LONGEST_LEFT_S = 100 * 365 * 86_400.0
"""The longest time left that is shown. A longer estimate is meaningless, and may not fit into a timedelta."""


STEP_GOALS = ("max_steps", "total_steps")
"""Metrics by which a training script reports how many steps it will do."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the run is done, in [0, 1], and the count in words: `100 of 400 steps`.

    `left_s` is the estimated time left in seconds. It is None without a known speed, and beyond a century.
    """

    done: float
    basis: str
    left_s: float | None


def progress(config: Mapping[str, object], metrics: Metrics) -> Progress | None:
    """The progress toward the steps, else the epochs, that the run has to do.

    The steps are `maxSteps` of the job's config, or what the run reports in one of `STEP_GOALS`; the epochs are
    `numTrainEpochs` of the config. The progress is that of the newest report: a run that was resumed from a
    checkpoint has less behind it than its last step.
    None if there is no such number that is positive and finite, or no report has steps or epochs, respectively.
    """
    newest = metrics.newest
    if newest is None:
        return None
    goals = (metrics.finite(name) for name in STEP_GOALS)
    reported = next((float(series.values[-1]) for series in goals if series), None)
    configured = to_number(config.get("maxSteps"))
    for goal, unit, counts in (
        (configured, "steps", _steps_so_far(metrics, newest)),
        (reported, "steps", _steps_so_far(metrics, newest)),
        (to_number(config.get("numTrainEpochs")), "epochs", _up_to(metrics.finite(EPOCH), newest.at)),
    ):
        if goal is None or not 0 < goal < math.inf or not counts:
            continue
        reached = float(counts.values[-1])
        return Progress(
            done=max(0.0, min(1.0, reached / goal)),
            basis=f"{_count(reached)} of {_count(goal)} {unit}",
            left_s=_left_s(max(0.0, goal - reached), counts, metrics),
        )
    return None


def _steps_so_far(metrics: Metrics, newest: NewestReport) -> Series:
    """The latest steps up to the newest report, as the run counts them since they last began again."""
    counted_from = metrics.restarts[-1].at if metrics.restarts else -math.inf
    since = _up_to(Series(metrics.steps, metrics.steps), newest.at).steps
    steps = since[since >= counted_from]
    return Series(steps, steps - (newest.at - newest.step))


def _up_to(series: Series, step: float) -> Series:
    """The latest points up to this step, as many as the speed is computed from."""
    end = int(np.searchsorted(series.steps, step, "right"))
    latest = slice(max(0, end - RATE_REPORTS), end)
    return Series(series.steps[latest], series.values[latest])


def _left_s(left: float, counts: Series, metrics: Metrics) -> float | None:
    """Seconds that `left` takes at the speed of these counts."""
    at_ms = metrics.at_ms[np.searchsorted(metrics.steps, counts.steps)]
    gained, took_s = float(counts.values[-1] - counts.values[0]), float(at_ms[-1] - at_ms[0]) / 1000
    if not (gained > 0 and took_s > 0):  # a time may be NaN
        return None
    left_s = left / gained * took_s
    return left_s if left_s <= LONGEST_LEFT_S else None


def _count(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"
