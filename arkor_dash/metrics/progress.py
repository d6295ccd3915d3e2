"""How far a run is, and how long the rest will take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .side_series import SideSeries

RATE_STEPS = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the run is done, from 0 to 1, and by what count; `left_s` is None where no rate is known yet."""

    done: float
    basis: str
    left_s: float | None


def progress(config: Mapping[str, object], side_series: SideSeries) -> Progress | None:
    """How far a run is, by `maxSteps` of its config, else by `numTrainEpochs`; None where neither is known.

    The time left takes the pace of the last `RATE_STEPS` reports.
    """
    for key, (steps, reached) in (
        ("maxSteps", side_series.reported(side_series.steps)),
        ("numTrainEpochs", side_series.reported(side_series.epoch)),
    ):
        goal = config.get(key)
        if isinstance(goal, bool) or not isinstance(goal, (int, float)) or not goal > 0 or not len(reached):
            continue
        recent = slice(-RATE_STEPS, None)
        at_ms = side_series.at_ms[np.searchsorted(side_series.steps, steps[recent])]
        came, took_s = float(reached[-1] - reached[recent][0]), float(at_ms[-1] - at_ms[0]) / 1000
        left = max(0.0, float(goal) - float(reached[-1]))
        pace = came / took_s if took_s > 0 else 0.0
        unit = "steps" if key == "maxSteps" else "epochs"
        basis = f"{_count(float(reached[-1]))} of {_count(float(goal))} {unit}"
        return Progress(min(1.0, float(reached[-1]) / float(goal)), basis, left / pace if pace > 0 else None)
    return None


def _count(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"
