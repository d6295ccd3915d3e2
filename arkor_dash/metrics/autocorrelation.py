"""Intervals for means and slopes of a series whose neighbours resemble each other, as losses do."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from arkor_dash.errors import EmptySeriesError

from .losses import FloatArray, Series

BLOCKS = 32_768
"""Longer series are averaged in this many to twice as many blocks: the variance of their mean is the same."""


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """`half_width` of the 95% interval; `effective_count`: how many independent values would tell as much."""

    half_width: float
    effective_count: float


@dataclass(frozen=True, slots=True)
class Slope:
    """Loss per step, and the half width of its 95% interval."""

    per_step: float
    half_width: float


def mean_interval(values: FloatArray) -> MeanInterval | None:
    """The 95% interval of a mean that counts what neighbours repeat of each other; None for n < 4.

    Args: values: shape (n,), finite, in time order.
    Source: half width t(0.975, n_eff - 1) · s_LR / √n with the long-run variance s_LR² of `long_run_variance` and
        n_eff = n s² / s_LR², at most n; after Geyer, https://doi.org/10.1214/ss/1177011137, section 3.
    """
    count = len(values)
    if count < 4:
        return None
    scale = float(np.abs(values).max()) or 1.0
    scaled = values / scale
    variance = float(scaled.var(ddof=1))
    if variance == 0:
        return MeanInterval(0.0, float(count))
    of_mean = max(long_run_variance(scaled), variance) / count
    effective = variance / of_mean
    return MeanInterval(_quantile(effective - 1) * math.sqrt(of_mean) * scale, effective)


def slope(series: Series) -> Slope | None:
    """The least-squares slope of the values over the steps, with a 95% interval; None for n < 4.

    Source: Newey and West's sandwich, https://doi.org/10.2307/1913610, of which the middle is the long-run variance
        of (x - x̄) · residual; the quantile is Student's, with n_eff - 2 degrees of freedom, at least 1.
    """
    count = len(series)
    if count < 4:
        return None
    away = series.steps - series.steps.mean()
    scale = float(np.abs(series.values).max()) or 1.0
    values = series.values / scale
    squares = float(away @ away)
    per_step = float(away @ (values - values.mean())) / squares
    residuals = values - values.mean() - per_step * away
    scores = away * residuals
    variance = float(scores.var(ddof=1))
    if variance == 0:
        return Slope(per_step * scale, 0.0)
    long_run = max(long_run_variance(scores), variance)
    freedom = count * variance / long_run - 2
    return Slope(per_step * scale, _quantile(freedom) * math.sqrt(count * long_run) / squares * scale)


def long_run_variance(values: FloatArray) -> float:
    """n times the variance of the mean of n neighbouring values, as n grows.

    Args: values: shape (n,), finite; n >= 1.
    Raises: EmptySeriesError: n == 0.
    Source: the sum of all autocovariances, by Geyer's initial monotone sequence: sums of two neighbouring ones are
        added up while they are positive, none larger than the last (https://doi.org/10.1214/ss/1177011137).
    """
    if not len(values):
        raise EmptySeriesError("There are no values to compare with each other.")
    block = max(1, len(values) // BLOCKS)
    trimmed = values[len(values) % block :].reshape(-1, block).mean(axis=1)
    covariances = _autocovariances(trimmed)
    pairs = covariances[: len(covariances) // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0)
    positive = pairs[: ends[0]] if len(ends) else pairs
    total = 2 * float(np.minimum.accumulate(positive).sum()) - float(covariances[0]) if len(positive) else 0.0
    return max(total, 0.0) * block


def _autocovariances(values: FloatArray) -> FloatArray:
    """Shape (n,): of each lag, over n. By Wiener and Khinchin, padded so that the ends don't meet."""
    count = len(values)
    size = 1 << (2 * count - 1).bit_length()
    spectrum = np.fft.rfft(values - values.mean(), size)
    covariances: FloatArray = np.fft.irfft(np.abs(spectrum) ** 2, size)[:count] / count
    return covariances


def _quantile(freedom: float) -> float:
    """Student's t at 97.5%."""
    return float(stdtrit(max(1.0, freedom), 0.975))
