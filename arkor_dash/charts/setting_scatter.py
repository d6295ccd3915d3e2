"""A setting of several runs against a result of theirs: which learning rate was best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from arkor_dash.metrics.results import Better, Result, better, result
from arkor_dash.protocol.metric_names import LEARNING_RATE, metric_name

from .compared_runs import Run
from .traces import LARGEST_DRAWABLE

LAST, LOWEST, HIGHEST = "Last", "Lowest", "Highest"
KINDS = (LAST, LOWEST, HIGHEST)
NULL = "null"


@dataclass(frozen=True, slots=True)
class Point:
    """The setting of a run, as text, and its result. `number` is the place of the run among all runs."""

    number: int
    name: str
    setting: str
    value: float


@dataclass(frozen=True, slots=True)
class Scatter:
    """A point for each run that has both the setting and the result. `left_out` has the names of the others by the
    reason.

    `best` is the point with the best result, None if the metric's name does not tell which values are better.
    """

    setting: str
    metric: str
    kind: str
    points: tuple[Point, ...]
    left_out: Mapping[str, Sequence[str]] = field(hash=False)
    best: Point | None

    @property
    def numbers(self) -> list[float] | None:
        """The settings as numbers, in the order of the points; None if they are categories."""
        found = [setting_number(point.setting) for point in self.points]
        numbers = [number for number in found if number is not None]
        return numbers if len(numbers) == len(found) else None


def setting_number(text: str) -> float | None:
    """The finite number that a setting is, also if the config has it as text: YAML reads `1e-4` as text."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) <= LARGEST_DRAWABLE else None


def differing_settings(runs: Sequence[Run]) -> list[str]:
    """The names of the settings in which the runs differ, numbers before texts; the learning rate is the first."""
    names = dict.fromkeys(name for run in runs for name in run.settings)
    differing = [name for name in names if len({run.settings.get(name) for run in runs}) > 1]
    return sorted(differing, key=lambda name: (not _is_rate(name), not _is_number(runs, name)))


def setting_scatter(runs: Sequence[Run], setting: str, metric: str, kind: str) -> Scatter:
    """The points of the runs. `kind` is one of `KINDS`."""
    texts, numeric = _texts(runs, setting), _is_number(runs, setting)
    points: list[Point] = []
    left_out: dict[str, list[str]] = {}
    for number, run in enumerate(runs):
        text, found = run.settings.get(setting), result(run.metrics, metric)
        value = _value(found, kind)
        if text is None:
            left_out.setdefault(f"no {setting}", []).append(run.name)
        elif text == NULL and numeric and len(texts) > 1:
            left_out.setdefault(f"{setting} is null", []).append(run.name)
        elif found is None:
            left_out.setdefault(f"no {metric}", []).append(run.name)
        elif value is None or not math.isfinite(value):
            left_out.setdefault(f"{metric} is not finite", []).append(run.name)
        else:
            points.append(Point(number, run.name, text, value))
    return Scatter(setting, metric, kind, tuple(points), left_out, _best(points, metric))


def _value(found: Result | None, kind: str) -> float | None:
    if found is None:
        return None
    value = {LAST: found.final, LOWEST: found.lowest, HIGHEST: found.highest}[kind]
    return value.value if value else None


def _best(points: Sequence[Point], metric: str) -> Point | None:
    wanted = better(metric)
    if wanted is Better.UNKNOWN or len({point.value for point in points}) < 2:
        return None
    return (min if wanted is Better.LOWER else max)(points, key=lambda point: point.value)


def _is_rate(name: str) -> bool:
    return metric_name(name.rpartition(".")[2]) == LEARNING_RATE


def _is_number(runs: Sequence[Run], name: str) -> bool:
    """Whether the setting is a number in all runs that have it. Null is neither a number nor a text."""
    return all(setting_number(text) is not None for text in _texts(runs, name) - {NULL})


def _texts(runs: Sequence[Run], name: str) -> set[str]:
    return {run.settings[name] for run in runs if name in run.settings}
