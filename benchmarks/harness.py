"""What a benchmark is, and what its runs amount to."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Runs = Mapping[str, Sequence[float]]
"""By the name of a figure, what each run measured."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a benchmark gives. `at_most` or `at_least` is the target; with neither it is only told."""

    name: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"≤ {number(self.at_most)}"
        return f"≥ {number(self.at_least)}" if self.at_least is not None else "–"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`measure(n)` sets up what is measured, measures it n times, and gives n values of each figure.

    `how` says what stands in for what, wherever the measurement is not of a browser on the real thing.
    """

    name: str
    what: str
    figures: tuple[Figure, ...]
    measure: Callable[[int], Runs]
    how: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What the runs of a figure amount to."""

    figure: Figure
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        return min(self.values), max(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the target; None where there is none."""
        if self.figure.at_most is not None:
            return self.median <= self.figure.at_most
        return None if self.figure.at_least is None else self.median >= self.figure.at_least


def results(benchmark: Benchmark, runs: int) -> list[Result]:
    """Measure. Raises: KeyError: a figure was not measured; whatever else keeps it from being measured."""
    measured = benchmark.measure(runs)
    return [Result(figure, tuple(measured[figure.name])) for figure in benchmark.figures]


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that `percent` of the others do not exceed (nearest rank). At least one value."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def number(value: float | None) -> str:
    """Three digits that count, and commas."""
    if value is None:
        return "–"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"
