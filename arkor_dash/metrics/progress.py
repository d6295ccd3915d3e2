"""The progress of a run, and the estimated time left."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from arkor_dash.protocol.fields import to_number
from arkor_dash.protocol.metric_names import EPOCH
from arkor_dash.protocol.metric_summaries import STEP

from .history import Metrics
from .recent import RecentReport

LONGEST_LEFT_S = 100 * 365 * 86_400.0
"""The longest time left that is shown. A longer estimate is meaningless, and may not fit into a timedelta."""

STEP_GOALS = ("max_steps", "total_steps")
"""Names under which a training script says how many steps it will do, in its config or as a metric."""
PROGRESS_METRICS = (STEP, EPOCH, *STEP_GOALS)
"""What `done_share` needs of a job."""
Count = Callable[[RecentReport], float | None]


def _epoch(report: RecentReport) -> float | None:
    return report.epoch if report.epoch is not None and math.isfinite(report.epoch) else None


_COUNTS: Mapping[str, Count] = {"steps": lambda report: report.step, "epochs": _epoch}
"""What the reports count, by its unit."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the run is done, in [0, 1], and the count in words: `100 of 400 steps`.

    `left_s` is the estimated time left in seconds. It is None without a known pace, and beyond a century.
    """

    done: float
    basis: str
    left_s: float | None


def pace(metrics: Metrics) -> float | None:
    """The steps per second of the latest reports, > 0; None if they don't tell."""
    return _per_s(metrics.recent, _COUNTS["steps"])


def progress(config: Mapping[str, object], metrics: Metrics) -> Progress | None:
    """The progress toward the steps, else the epochs, that the run has to do.

    The steps are `maxSteps` or one of `STEP_GOALS` in the job's config, or what the run reports in one of
    `STEP_GOALS`; the epochs are `numTrainEpochs` of the config. The progress is that of the newest report: a run that
    was resumed from a checkpoint has less behind it than its last step.
    None if there is no such number that is positive and finite, or no report has steps or epochs, respectively.
    """
    reports = (metrics.finite(name) for name in STEP_GOALS)
    reported = next((float(series.values[-1]) for series in reports if series), None)
    for goal, unit in goals(config, reported):
        counts = map(_COUNTS[unit], reversed(metrics.recent))
        reached = next((count for count in counts if count is not None), None)
        if reached is None:
            continue
        return Progress(
            done=max(0.0, min(1.0, reached / goal)),
            basis=f"{_count(reached)} of {_count(goal)} {unit}",
            left_s=_left_s(max(0.0, goal - reached), _per_s(metrics.recent, _COUNTS[unit])),
        )
    return None


def done_share(config: Mapping[str, object], last: Mapping[str, float]) -> float | None:
    """The share of the run that is done, in [0, 1], by the last values of `PROGRESS_METRICS`; None if unknown."""
    reported = next((last[name] for name in STEP_GOALS if name in last), None)
    for goal, unit in goals(config, reported):
        reached = last.get(STEP if unit == "steps" else EPOCH)
        if reached is not None and math.isfinite(reached):
            return max(0.0, min(1.0, reached / goal))
    return None


def goals(config: Mapping[str, object], reported_steps: float | None = None) -> list[tuple[float, str]]:
    """How much the run has to do, each with its unit: `steps` or `epochs`. The first one counts."""
    in_config = (to_number(config.get(name)) for name in STEP_GOALS)
    whole = (steps for steps in in_config if steps is not None and steps.is_integer())
    known = (
        (to_number(config.get("maxSteps")), "steps"),
        *((steps, "steps") for steps in whole),
        (reported_steps, "steps"),
        (to_number(config.get("numTrainEpochs")), "epochs"),
    )
    return [(goal, unit) for goal, unit in known if goal is not None and 0 < goal < math.inf]


def _left_s(left: float, per_s: float | None) -> float | None:
    """Seconds that `left` takes at that pace."""
    left_s = None if per_s is None else left / per_s
    return left_s if left_s is not None and left_s <= LONGEST_LEFT_S else None


def _per_s(recent: Sequence[RecentReport], count: Count) -> float | None:
    """By how much the count grows in a second, > 0; None if it does not grow, or the times don't tell."""
    begin, end = _first_timed(recent, count), _first_timed(reversed(recent), count)
    if begin is None or end is None:
        return None
    (first, first_ms), (last, last_ms) = begin, end
    took_s = (last_ms - first_ms) / 1000
    per_s = (last - first) / took_s if took_s > 0 else 0.0
    return per_s if per_s > 0 else None


def _first_timed(reports: Iterable[RecentReport], count: Count) -> tuple[float, float] | None:
    """The count, and the time in Unix milliseconds, of the first of the reports that has both."""
    for report in reports:
        reached = count(report)
        if reached is not None and report.emitted_at_ms is not None:
            return reached, report.emitted_at_ms
    return None


def _count(number: float) -> str:
    """`1,200`, `2.50`, and `0.0042` for numbers of which two decimals would show less than two digits."""
    if number == int(number):
        return f"{number:,.0f}"
    return f"{number:,.2f}" if abs(number) >= 0.1 else f"{number:.2g}"
