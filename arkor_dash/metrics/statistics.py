"""Summaries of a loss series, and how they read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from arkor_dash.errors import EmptySeriesError

FloatArray = npt.NDArray[np.float64]

T_LIMIT = 31
"""The largest sample whose interval uses Student's t."""
Z_95 = 1.96


@dataclass(frozen=True, slots=True)
class LossSummary:
    """What `summarize` found. Everything but the mean and the percentiles needs two samples, else is None."""

    count: int
    mean: float
    ci95_half_width: float | None
    std: float | None
    variance: float | None
    p90: float
    p95: float


def summarize(values: FloatArray) -> LossSummary:
    """Mean with its 95% interval, spread and upper percentiles of finite losses.

    Args: values: shape (n,), n >= 1, finite, of any magnitude.
    Returns: the variance is in squared losses, and infinite where a float can't hold it.
    Raises: EmptySeriesError: n == 0.
    Source: two-sided Student's t interval, mean ± t(0.975, n - 1) · s / √n, with z = 1.96 for n > 31;
        s with Bessel's correction; percentiles of Hyndman and Fan's type 7, as NumPy has them.
    """
    count = len(values)
    if count == 0:
        raise EmptySeriesError("There is no finite loss to summarize.")
    scale = _scale(values)
    series = pd.Series(values / scale, copy=False)
    mean = float(series.mean())
    # The second pass takes out the sum's rounding: equal losses then have no spread at all.
    mean += float((series - mean).mean())
    p90, p95 = (float(value) * scale for value in series.quantile([0.9, 0.95]))
    if count == 1:
        return LossSummary(count, mean * scale, None, None, None, p90, p95)
    deviation = math.sqrt(float((series - mean).pow(2).sum()) / (count - 1)) * scale
    half_width = t_quantile(count) * (deviation / math.sqrt(count))
    return LossSummary(count, mean * scale, half_width, deviation, deviation * deviation, p90, p95)


def t_quantile(count: int) -> float:
    """How many standard errors of a mean of `count` samples (at least 2) reach to the end of its interval."""
    # stdtrit is what scipy.stats.t.ppf evaluates, without the half second that importing scipy.stats takes.
    return float(stdtrit(count - 1, 0.975)) if count <= T_LIMIT else Z_95


def _scale(values: FloatArray) -> float:
    """What to divide by so that no square leaves a float's range: 1, or the largest loss's power of two.

    Dividing by it changes no digit, save in losses too small to count beside the largest.
    """
    largest = max(abs(float(values.max())), abs(float(values.min())))
    if largest == 0 or 1e-100 < largest < 1e100:
        return 1.0
    return math.ldexp(1.0, max(math.frexp(largest)[1] - 1, -1000))
