"""Benchmarks, their figures, and the results of their runs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Runs = Mapping[str, Sequence[float]]
"""The values that the runs measured, by the name of the figure."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity that a benchmark measures. `at_most` or `at_least` is its target, if it has one."""

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
    """A benchmark by its `name` on the command line.

    `what` says what is measured. `how` explains the method if it is not a real browser on a real Studio. `measure(n)`
    returns n values of each figure.
    """

    name: str
    what: str
    figures: tuple[Figure, ...]
    measure: Callable[[int], Runs]
    how: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The values of one figure, one for each run."""

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
        """Whether the median meets the target; None without a target."""
        if self.figure.at_most is not None:
            return self.median <= self.figure.at_most
        return None if self.figure.at_least is None else self.median >= self.figure.at_least


def results(benchmark: Benchmark, runs: int) -> list[Result]:
    """Run a benchmark. Raises: KeyError: it did not measure a figure. Exception: whatever made it fail."""
    measured = benchmark.measure(runs)
    return [Result(figure, tuple(measured[figure.name])) for figure in benchmark.figures]


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: the smallest value that at least `percent` of the values do not exceed.

    Args: values: at least one. percent: in (0, 100].
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def number(value: float | None) -> str:
    """A number with three significant digits and thousands separators; `–` for None."""
    if value is None:
        return "–"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"
