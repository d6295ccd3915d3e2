"""Mean, spread and percentiles of a loss series."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
from scipy.special import stdtrit

from arkor_dash.errors import EmptySeriesError

from .series import FloatArray

T_LIMIT = 31
"""The largest sample whose interval uses Student's t."""
Z_95 = 1.96
"""The 97.5% quantile of the normal distribution, for larger samples."""


@dataclass(frozen=True, slots=True)
class LossSummary:
    """The summary of `count` losses. Interval, standard deviation and variance are None for a single loss.

    The variance is in the squared unit of the loss, everything else in the unit of the loss.
    """

    count: int
    mean: float
    ci95_half_width: float | None
    std: float | None
    variance: float | None
    p90: float
    p95: float


def summarize(values: FloatArray) -> LossSummary:
    """Mean with its 95% interval, spread and upper percentiles of finite losses.

    Args: values: shape (n,), n >= 1, finite, of any magnitude, in any order.
    Returns: the summary; its variance is infinite where a float can't hold it.
    Raises: EmptySeriesError: n == 0.
    Source: two-sided Student's t interval, mean ± t(0.975, n - 1) · s / √n, with z = 1.96 for n > 31;
        s with Bessel's correction; percentiles of Hyndman and Fan's type 7, the default of pandas and NumPy.
    """
    count = len(values)
    if count == 0:
        raise EmptySeriesError("There is no finite loss to summarize.")
    scale = _scale(values)
    series = pd.Series(values / scale, copy=False)
    mean = float(series.mean())
    # A second pass removes the rounding error of the sum, so that equal losses have a spread of exactly zero.
    mean += float((series - mean).mean())
    p90, p95 = (float(value) * scale for value in series.quantile([0.9, 0.95]))
    if count == 1:
        return LossSummary(count, mean * scale, None, None, None, p90, p95)
    deviation = math.sqrt(float((series - mean).pow(2).sum()) / (count - 1)) * scale
    half_width = t_quantile(count) * (deviation / math.sqrt(count))
    return LossSummary(count, mean * scale, half_width, deviation, deviation * deviation, p90, p95)


def t_quantile(count: int) -> float:
    """The half width of the 95% interval in standard errors, for the mean of `count` >= 2 samples."""
    # scipy.stats.t.ppf calls stdtrit too, but importing scipy.stats takes half a second.
    return float(stdtrit(count - 1, 0.975)) if count <= T_LIMIT else Z_95


def _scale(values: FloatArray) -> float:
    """A divisor that keeps every square within a float's range: 1, or a power of two near the largest loss.

    Dividing by a power of two is exact, except for losses far too small to matter beside the largest.
    """
    largest = max(abs(float(values.max())), abs(float(values.min())))
    if largest == 0 or 1e-100 < largest < 1e100:
        return 1.0
    return math.ldexp(1.0, max(math.frexp(largest)[1] - 1, -1000))
