"""Summaries, compared with values computed by hand, edge cases and the standard library."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from arkor_dash.errors import EmptySeriesError
from arkor_dash.metrics.series import Series
from arkor_dash.metrics.statistics import LossSummary, summarize, t_quantile
from arkor_dash.metrics.statistics_table import format_statistic, summary_rows

ordinary = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60)
anything = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60)


def summary_of(*values: float) -> LossSummary:
    return summarize(np.array(values))


def rows_of(*values: float) -> list[tuple[str, str]]:
    """Label and text of every row of the card."""
    series = Series(np.arange(1.0, len(values) + 1), np.array(values))
    return [(row.label, row.text) for row in summary_rows(series)]


def interpolated(values: list[float], percent: int) -> Fraction:
    """The percentile by its definition, interpolated at the index p · (n - 1) of the sorted values."""
    ordered = [Fraction(value) for value in sorted(values)]
    place = Fraction(percent, 100) * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def close(found: float, exact: Fraction, size: float) -> bool:
    return math.isclose(found, float(exact), rel_tol=1e-9, abs_tol=1e-12 * size)


def test_five_losses_computed_by_hand() -> None:
    found = summary_of(1.0, 2.0, 3.0, 4.0, 10.0)
    assert found.count == 5
    assert found.mean == pytest.approx(4.0)
    assert found.variance == pytest.approx(12.5)  # (9 + 4 + 1 + 0 + 36) / 4
    assert found.std == pytest.approx(3.5355339059)
    assert found.ci95_half_width == pytest.approx(2.7764451052 * 3.5355339059 / 2.2360679775)  # t(0.975, 4)
    assert found.p90 == pytest.approx(7.6)  # place 3.6: 4 + 0.6 · 6
    assert found.p95 == pytest.approx(8.8)  # place 3.8


def test_two_losses_computed_by_hand() -> None:
    found = summary_of(1.0, 3.0)
    assert (found.mean, found.variance) == (pytest.approx(2.0), pytest.approx(2.0))
    assert found.ci95_half_width == pytest.approx(12.7062047362)  # t(0.975, 1) · √2 / √2


def test_one_loss_has_a_mean_and_percentiles_but_no_spread() -> None:
    assert summary_of(2.5) == LossSummary(1, 2.5, None, None, None, 2.5, 2.5)


def test_no_loss_has_no_summary() -> None:
    with pytest.raises(EmptySeriesError):
        summarize(np.empty(0))


def test_equal_losses_have_a_spread_of_exactly_zero() -> None:
    assert summary_of(*[0.1] * 7) == LossSummary(7, 0.1, 0.0, 0.0, 0.0, 0.1, 0.1)


@pytest.mark.parametrize("count", range(2, 32))
def test_up_to_31_losses_the_interval_uses_students_t(count: int) -> None:
    assert t_quantile(count) == pytest.approx(stats.t.ppf(0.975, count - 1), rel=1e-12)


def test_from_32_losses_on_the_interval_uses_the_normal_quantile() -> None:
    assert t_quantile(31) == pytest.approx(2.0422724563)
    assert t_quantile(32) == 1.96
    values = np.arange(100.0)
    assert summarize(values).ci95_half_width == pytest.approx(1.96 * statistics.stdev(values) / 10)


def test_the_largest_floats_are_summarized_without_overflow() -> None:
    found = summary_of(1e308, 1e308, 1e308)
    assert (found.mean, found.std) == (1e308, 0.0)
    assert (found.p90, found.p95) == (1e308, 1e308)


def test_a_variance_beyond_a_floats_range_is_infinite_and_the_deviation_finite() -> None:
    found = summary_of(1e200, 3e200)
    assert found.std == pytest.approx(math.sqrt(2) * 1e200)
    assert found.variance == math.inf


def test_percentiles_between_opposite_extremes_are_finite() -> None:
    found = summary_of(-1.5e308, 1.5e308)
    assert found.mean == 0.0
    assert found.p90 == pytest.approx(1.2e308)


def test_tiny_losses_keep_their_spread() -> None:
    found = summary_of(1e-200, 3e-200)
    assert (found.mean, found.std) == (pytest.approx(2e-200), pytest.approx(math.sqrt(2) * 1e-200))


def test_the_values_are_not_modified() -> None:
    values = np.array([3.0, 1.0, 2.0])
    values.flags.writeable = False
    summarize(values)
    assert values.tolist() == [3.0, 1.0, 2.0]


@given(anything)
def test_the_mean_matches_exact_fractions(values: list[float]) -> None:
    exact = sum(map(Fraction, values)) / len(values)
    assert close(summary_of(*values).mean, exact, max(map(abs, values)))


@given(ordinary)
def test_variance_and_deviation_match_the_standard_library(values: list[float]) -> None:
    found = summary_of(*values)
    exact = statistics.variance(map(Fraction, values))
    size = max(map(abs, values))
    assert found.variance is not None
    assert found.std is not None
    assert close(found.variance, exact, size * size)
    deviation = float(statistics.stdev(map(Fraction, values)))
    assert math.isclose(found.std, deviation, rel_tol=1e-9, abs_tol=1e-9 * size)


@given(ordinary)
def test_the_interval_is_the_quantile_times_the_standard_error(values: list[float]) -> None:
    found = summary_of(*values)
    error = statistics.stdev(map(Fraction, values)) / math.sqrt(len(values))
    quantile = float(stats.t.ppf(0.975, len(values) - 1)) if len(values) <= 31 else 1.96
    assert found.ci95_half_width is not None
    assert math.isclose(
        found.ci95_half_width, quantile * float(error), rel_tol=1e-9, abs_tol=1e-8 * max(map(abs, values))
    )


@given(anything)
def test_the_percentiles_interpolate_between_neighbours(values: list[float]) -> None:
    found = summary_of(*values)
    size = max(map(abs, values))
    assert close(found.p90, interpolated(values, 90), size)
    assert close(found.p95, interpolated(values, 95), size)


@given(anything)
def test_the_rows_of_any_finite_losses_have_no_nan(values: list[float]) -> None:
    assert all("nan" not in text.lower() for _, text in rows_of(*values))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "N/A"),
        (1.23456, "1.2346"),
        (0.0, "0.0000"),
        (-0.0, "0.0000"),
        (-2.0, "-2.0000"),
        (0.01, "0.0100"),
        (0.00999, "9.9900e-3"),
        (0.0000321, "3.2100e-5"),
        (4e-5, "4.0000e-5"),
        (2e-6, "2.0000e-6"),
        (999_999_999_999.0, "999,999,999,999.0000"),
        (1e12, "1.0000e+12"),
        (math.inf, "over 1.8e+308"),
    ],
)
def test_a_statistic_has_four_decimals_or_an_exponent(value: float | None, text: str) -> None:
    assert format_statistic(value) == text


def test_the_first_rows_of_the_card_are_those_of_arkor_studio() -> None:
    assert rows_of(1.0, 2.0, 3.0, 4.0, 10.0)[:5] == [
        ("Mean loss ± 95% CI", "4.0000 ± 4.3899"),
        ("Std dev", "3.5355"),
        ("Variance", "12.5000"),
        ("p90", "7.6000"),
        ("p95", "8.8000"),
    ]


def test_statistics_that_one_loss_does_not_have_are_not_available() -> None:
    assert rows_of(2.5)[:5] == [
        ("Mean loss ± 95% CI", "2.5000 ± N/A"),
        ("Std dev", "N/A"),
        ("Variance", "N/A"),
        ("p90", "2.5000"),
        ("p95", "2.5000"),
    ]
