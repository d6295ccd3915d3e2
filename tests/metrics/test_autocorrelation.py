"""Intervals of autocorrelated series, by simulation and against direct sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.signal import lfilter

from arkor_dash.errors import EmptySeriesError
from arkor_dash.metrics.autocorrelation import long_run_variance, mean_interval, slope
from arkor_dash.metrics.series import FloatArray, Series
from arkor_dash.metrics.statistics import summarize

SERIES = 400


def ar1(phi: float, count: int, seed: int) -> FloatArray:
    """A stationary AR(1) series with mean 0 and correlation `phi` between neighbours."""
    noise = np.random.default_rng(seed).normal(size=count + 500)
    series: FloatArray = lfilter([1], [1, -phi], noise)[500:]
    return series


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_the_interval_covers_the_true_mean_in_about_95_of_100_series(phi: float) -> None:
    covered = plain = 0
    for seed in range(SERIES):
        values = ar1(phi, 2000, seed)
        interval, summary = mean_interval(values), summarize(values)
        assert interval is not None
        assert summary.ci95_half_width is not None
        covered += abs(values.mean()) <= interval.half_width
        plain += abs(values.mean()) <= summary.ci95_half_width
    assert 0.92 <= covered / SERIES <= 0.98
    if phi == 0.9:
        assert plain / SERIES < 0.5


def test_the_effective_count_matches_the_theory_of_the_process() -> None:
    phi, count = 0.8, 200_000
    interval = mean_interval(ar1(phi, count, 1))
    assert interval is not None
    assert interval.effective_count == pytest.approx(count * (1 - phi) / (1 + phi), rel=0.1)


def test_independent_values_count_in_full() -> None:
    interval = mean_interval(np.random.default_rng(3).normal(size=5000))
    assert interval is not None
    assert interval.effective_count > 4000


def test_averaging_in_blocks_hardly_changes_the_interval() -> None:
    values = ar1(0.8, 131_072, 5)
    direct = float((np.convolve(values, np.ones(1000), "valid")[::1000] ** 2).mean() / 1000)
    assert long_run_variance(values) == pytest.approx(direct, rel=0.3)
    assert long_run_variance(values) == pytest.approx((1 / (1 - 0.8)) ** 2, rel=0.15)


@pytest.mark.parametrize("phi", [0.0, 0.8])
def test_the_slopes_interval_covers_the_true_slope(phi: float) -> None:
    steps = np.arange(2000.0)
    covered = 0
    for seed in range(SERIES):
        found = slope(Series(steps, 5 - 0.001 * steps + ar1(phi, 2000, seed)))
        assert found is not None
        covered += abs(found.per_step + 0.001) <= found.half_width
    assert 0.91 <= covered / SERIES <= 0.98


def test_the_slope_is_that_of_least_squares() -> None:
    steps = np.cumsum(np.random.default_rng(2).integers(1, 9, 500)).astype(float)
    values = np.random.default_rng(4).normal(size=500)
    found = slope(Series(steps, values))
    assert found is not None
    assert found.per_step == pytest.approx(stats.linregress(steps, values).slope)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_too_few_values_have_no_interval(count: int) -> None:
    values = np.arange(float(count))
    assert mean_interval(values) is None
    assert slope(Series(values, values)) is None


def test_equal_values_have_an_interval_of_width_zero() -> None:
    interval = mean_interval(np.full(10, 3.0))
    assert interval is not None
    assert (interval.half_width, interval.effective_count) == (0.0, 10.0)


def test_a_straight_line_has_a_slope_with_an_interval_of_width_zero() -> None:
    steps = np.arange(100.0)
    found = slope(Series(steps, 7 - 2 * steps))
    assert found is not None
    assert found.per_step == pytest.approx(-2)
    assert found.half_width == pytest.approx(0, abs=1e-9)


def test_no_values_have_no_variance() -> None:
    with pytest.raises(EmptySeriesError):
        long_run_variance(np.array([]))


@given(arrays(np.float64, st.integers(4, 200), elements=st.floats(-1e150, 1e150)))
def test_any_finite_values_have_a_finite_interval(values: FloatArray) -> None:
    interval = mean_interval(values)
    assert interval is not None
    assert np.isfinite(interval.half_width)
    assert 0 < interval.effective_count <= len(values) * (1 + 1e-9)
