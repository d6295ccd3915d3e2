"""95% intervals for the mean and the slope of an autocorrelated series, such as the losses of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from arkor_dash.errors import EmptySeriesError

from .series import FloatArray, Series

BLOCKS = 32_768
"""A longer series is first averaged in blocks, at least this many. The variance of its mean stays the same."""


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """The half width of a mean's 95% interval, in the unit of the values, and the effective sample size.

    `effective_count` is the number of independent values that would give the mean the same variance.
    """

    half_width: float
    effective_count: float


@dataclass(frozen=True, slots=True)
class Slope:
    """The slope in loss per step, and the half width of its 95% interval in the same unit."""

    per_step: float
    half_width: float


def mean_interval(values: FloatArray) -> MeanInterval | None:
    """The 95% interval of the mean of autocorrelated values; None for n < 4.

    Args: values: shape (n,), finite, of any magnitude, in time order.
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
    variance_of_mean = max(long_run_variance(scaled), variance) / count
    effective = variance / variance_of_mean
    return MeanInterval(_quantile(effective - 1) * math.sqrt(variance_of_mean) * scale, effective)


def slope(series: Series) -> Slope | None:
    """The least-squares slope of the values over the steps, with its 95% interval; None for n < 4.

    Args: series: n finite points, in time order; the residuals may be autocorrelated.
    Source: the sandwich estimator of Newey and West, https://doi.org/10.2307/1913610; its middle factor is the
        long-run variance of (x - x̄) · residual. The quantile is Student's t with n_eff - 2 degrees of freedom,
        at least 1.
    """
    count = len(series)
    if count < 4:
        return None
    deviations = series.steps - series.steps.mean()
    scale = float(np.abs(series.values).max()) or 1.0
    values = series.values / scale
    squares = float(deviations @ deviations)
    per_step = float(deviations @ (values - values.mean())) / squares
    residuals = values - values.mean() - per_step * deviations
    scores = deviations * residuals
    variance = float(scores.var(ddof=1))
    if variance == 0:
        return Slope(per_step * scale, 0.0)
    long_run = max(long_run_variance(scores), variance)
    freedom = count * variance / long_run - 2
    return Slope(per_step * scale, _quantile(freedom) * math.sqrt(count * long_run) / squares * scale)


def long_run_variance(values: FloatArray) -> float:
    """The limit of n · Var(mean of n values) for growing n, in squared units of the values; at least 0.

    Args: values: shape (n,), n >= 1, finite, in time order.
    Raises: EmptySeriesError: n == 0.
    Source: the sum of all autocovariances, estimated by Geyer's initial monotone sequence: pairs of neighbouring
        autocovariances are summed up to the first pair that is not positive, each pair capped by the one before it
        (https://doi.org/10.1214/ss/1177011137, section 3.3).
    """
    if not len(values):
        raise EmptySeriesError("There is no value to compute a variance from.")
    block = max(1, len(values) // BLOCKS)
    trimmed = values[len(values) % block :].reshape(-1, block).mean(axis=1)
    covariances = _autocovariances(trimmed)
    pairs = covariances[: len(covariances) // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0)
    positive = pairs[: ends[0]] if len(ends) else pairs
    total = 2 * float(np.minimum.accumulate(positive).sum()) - float(covariances[0]) if len(positive) else 0.0
    return max(total, 0.0) * block


def _autocovariances(values: FloatArray) -> FloatArray:
    """The autocovariance at each lag from 0 to n - 1, shape (n,), each divided by n.

    Source: the Wiener-Khinchin theorem; zero padding keeps the transform from wrapping around.
    """
    count = len(values)
    size = 1 << (2 * count - 1).bit_length()
    spectrum = np.fft.rfft(values - values.mean(), size)
    covariances: FloatArray = np.fft.irfft(np.abs(spectrum) ** 2, size)[:count] / count
    return covariances


def _quantile(freedom: float) -> float:
    """The 97.5% quantile of Student's t with `freedom` degrees of freedom, at least 1."""
    return float(stdtrit(max(1.0, freedom), 0.975))
