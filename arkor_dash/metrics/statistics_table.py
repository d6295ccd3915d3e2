"""The rows of the statistics card: each statistic's label, its text, and an explanation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from .autocorrelation import mean_interval, slope
from .series import Series, highest, lowest
from .statistics import summarize
from .value_format import format_value, shown_step

SLOPE_POINTS = 1_000
NOT_AVAILABLE = "N/A"
LOSS, VALUE = "loss", "value"
_PLURALS = {LOSS: "losses", VALUE: "values"}


@dataclass(frozen=True, slots=True)
class Row:
    """One statistic. `meaning` explains it in a sentence."""

    label: str
    text: str
    meaning: str


@lru_cache(maxsize=16)
def summary_rows(series: Series, noun: str = LOSS) -> tuple[Row, ...]:
    """The statistics of a series, in the order of the card; cached, since viewers share a series.

    Args: noun: what a point of the series is called, `LOSS` or `VALUE`. The highest loss says little, and has no row.
    Raises: EmptySeriesError: the series has no point.
    """
    plural = _PLURALS[noun]
    return (
        *_summary(series, noun, plural),
        *_with_autocorrelation(series, plural),
        *_extremes(series, noun),
        _slope(series),
    )


def _summary(series: Series, noun: str, plural: str) -> list[Row]:
    found = summarize(series.values)
    mean = f"{format_value(found.mean)} ± {format_statistic(found.ci95_half_width)}"
    return [
        Row(
            f"Mean {noun} ± 95% CI",
            mean,
            f"The mean. Its interval assumes that the {plural} are independent.",
        ),
        Row("Std dev", format_statistic(found.std), f"How far the {plural} spread around their mean."),
        Row("Variance", format_statistic(found.variance), "The standard deviation squared."),
        Row("p90", format_statistic(found.p90), f"90% of the {plural} are at or below this value."),
        Row("p95", format_statistic(found.p95), f"95% of the {plural} are at or below this value."),
    ]


def _with_autocorrelation(series: Series, plural: str) -> list[Row]:
    interval = mean_interval(series.values)
    return [
        Row(
            "95% CI, autocorrelated",
            NOT_AVAILABLE if interval is None else f"± {format_statistic(interval.half_width)}",
            "The interval of the mean that takes autocorrelation into account (Geyer 1992).",
        ),
        Row(
            "Effective samples",
            NOT_AVAILABLE if interval is None else f"{interval.effective_count:,.0f}",
            f"The number of independent {plural} that would estimate the mean as precisely.",
        ),
    ]


def _extremes(series: Series, noun: str) -> list[Row]:
    ends = [("Minimum", "lowest", lowest(series))]
    if noun != LOSS:
        ends.append(("Maximum", "highest", highest(series)))
    return [
        Row(
            label,
            f"{format_value(end.value)} at step {shown_step(end.step)}",
            f"The {which} {noun} and the first step that reached it.",
        )
        for label, which, end in ends
        if end is not None
    ]


def _slope(series: Series) -> Row:
    newest = Series(series.steps[-SLOPE_POINTS:], series.values[-SLOPE_POINTS:])
    found = slope(newest)
    text = NOT_AVAILABLE
    if found is not None:
        change, width = format_statistic(found.per_step * 1000), format_statistic(found.half_width * 1000)
        text = f"{change} ± {width}"
    meaning = f"The least-squares trend of the last {len(newest):,} points, with its 95% interval."
    return Row("Slope per 1,000 steps", text, meaning)


def format_statistic(value: float | None) -> str:
    """The statistic as `format_value` shows it; `N/A` for None; for infinity, that a float can't hold the value."""
    if value is None:
        return NOT_AVAILABLE
    return "over 1.8e+308" if math.isinf(value) else format_value(value)
