"""The progress of a run, and the estimated time left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arkor_dash.protocol.fields import to_number

from .losses import FloatArray
from .side_series import SideSeries

RATE_REPORTS = 500
"""The number of newest reports from which the speed is computed."""
LONGEST_LEFT_S = 100 * 365 * 86_400.0
"""The longest time left that is shown. A longer estimate is meaningless, and may not fit into a timedelta."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the run is done, in [0, 1], and the count in words: `100 of 400 steps`.

    `left_s` is the estimated time left in seconds. It is None without a known speed, and beyond a century.
    """

    done: float
    basis: str
    left_s: float | None


def progress(config: Mapping[str, object], side_series: SideSeries) -> Progress | None:
    """The progress toward `maxSteps` of the job's config, else toward `numTrainEpochs`.

    None if the config has neither as a positive finite number, or no report has steps or epochs, respectively.
    """
    for key, unit, counts in (
        ("maxSteps", "steps", side_series.steps),
        ("numTrainEpochs", "epochs", side_series.epoch),
    ):
        goal = to_number(config.get(key))
        steps, reached = side_series.reported(counts)
        if goal is None or not 0 < goal < math.inf or not len(reached):
            continue
        newest = float(reached[-1])
        at_ms = side_series.at_ms[np.searchsorted(side_series.steps, steps)]
        return Progress(
            done=max(0.0, min(1.0, newest / goal)),
            basis=f"{_count(newest)} of {_count(goal)} {unit}",
            left_s=_left_s(max(0.0, goal - newest), reached[-RATE_REPORTS:], at_ms[-RATE_REPORTS:]),
        )
    return None


def _left_s(left: float, reached: FloatArray, at_ms: FloatArray) -> float | None:
    """Seconds that `left` takes at the speed of these reports, shape (n,), n >= 1; times may be NaN."""
    gained, took_s = float(reached[-1] - reached[0]), float(at_ms[-1] - at_ms[0]) / 1000
    if not (gained > 0 and took_s > 0):
        return None
    left_s = left / gained * took_s
    return left_s if left_s <= LONGEST_LEFT_S else None


def _count(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"
