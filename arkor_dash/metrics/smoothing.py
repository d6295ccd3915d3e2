"""The exponential moving average that is drawn over a noisy curve."""

from __future__ import annotations

import pandas as pd

from .series import FloatArray


def smoothed(values: FloatArray, weight: float) -> FloatArray:
    """The debiased exponential moving average of a series, in its shape and unit.

    Args: values: shape (n,), finite, in step order. weight: in [0, 1), the weight of the average so far; 0 returns
        the values.
    Source: TensorBoard's smoothing: m_k = w m_(k-1) + (1 - w) v_k with m_0 = 0, shown as m_k / (1 - w^k). The
        division is the bias correction of Kingma and Ba, https://arxiv.org/abs/1412.6980, section 3.
    """
    average = pd.Series(values).ewm(alpha=1 - weight, adjust=True).mean()
    return average.to_numpy()
