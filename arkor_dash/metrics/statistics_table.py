"""The statistics of a series as a card shows them: each with its label, its text, and what it means in a line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from arkor_dash.protocol.events import format_step

from .autocorrelation import mean_interval, slope
from .losses import Series
from .statistics import LossSummary, summarize
from .value_format import format_value

SLOPE_POINTS = 1_000
NOT_AVAILABLE = "N/A"

_MEANING = {
    "Mean loss ± 95% CI": "The mean, with an interval that takes every loss for independent of the others.",
    "Std dev": "The spread of the losses around their mean.",
    "Variance": "The standard deviation squared.",
    "p90": "Nine of ten losses lie at or below it.",
    "p95": "Nineteen of twenty losses lie at or below it.",
}


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    text: str
    meaning: str


@lru_cache(maxsize=16)
def summary_rows(series: Series) -> tuple[Row, ...]:
    """All that is said of the points of a series, which has at least one.

    Raises: EmptySeriesError: it has none.
    """
    plain = [Row(label, text, _MEANING[label]) for label, text in rows(summarize(series.values))]
    return (*plain, *_with_neighbours(series), _minimum(series), _slope(series))


def _with_neighbours(series: Series) -> list[Row]:
    interval = mean_interval(series.values)
    width = NOT_AVAILABLE if interval is None else f"± {format_statistic(interval.half_width)}"
    count = NOT_AVAILABLE if interval is None else f"{interval.effective_count:,.0f}"
    return [
        Row(
            "95% CI, autocorrelated",
            width,
            "The mean's interval once it counts that neighbouring losses resemble each other (Geyer 1992).",
        ),
        Row(
            "Effective samples",
            count,
            "How many independent losses would tell as much about the mean as these do.",
        ),
    ]


def _minimum(series: Series) -> Row:
    at = int(series.values.argmin())
    text = f"{format_statistic(float(series.values[at]))} at step {format_step(float(series.steps[at]))}"
    return Row("Minimum", text, "The least loss, and the first step that had it.")


def _slope(series: Series) -> Row:
    last = Series(series.steps[-SLOPE_POINTS:], series.values[-SLOPE_POINTS:])
    found = slope(last)
    label = "Slope per 1,000 steps"
    meaning = (
        f"How the loss changes over its last {len(last):,} points, by least squares, with its 95% interval."
    )
    if found is None:
        return Row(label, NOT_AVAILABLE, meaning)
    change, width = format_statistic(found.per_step * 1000), format_statistic(found.half_width * 1000)
    return Row(label, f"{change} ± {width}", meaning)


def format_statistic(value: float | None) -> str:
    """The statistic as `format_value` shows it, or `N/A` for None."""
    if value is None:
        return NOT_AVAILABLE
    if math.isinf(value):
        return "over 1.8e+308"
    return format_value(value)


def rows(summary: LossSummary) -> list[tuple[str, str]]:
    """Label and text of each statistic, in the order of the card."""
    mean, half_width = format_statistic(summary.mean), format_statistic(summary.ci95_half_width)
    return [
        ("Mean loss ± 95% CI", f"{mean} ± {half_width}"),
        ("Std dev", format_statistic(summary.std)),
        ("Variance", format_statistic(summary.variance)),
        ("p90", format_statistic(summary.p90)),
        ("p95", format_statistic(summary.p95)),
    ]
