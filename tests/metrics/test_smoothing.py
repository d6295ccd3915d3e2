"""The exponential moving average, compared with TensorBoard's loop."""

from __future__ import annotations

import numpy as np
import pytest

from arkor_dash.metrics.smoothing import smoothed


def tensorboard(values: list[float], weight: float) -> list[float]:
    """The loop of TensorBoard's scalar charts."""
    last, line = 0.0, []
    for taken, value in enumerate(values, start=1):
        last = last * weight + (1 - weight) * value
        line.append(last / (1 - weight**taken))
    return line


@pytest.mark.parametrize("weight", [0.1, 0.6, 0.9, 0.999])
def test_the_smoothed_values_are_those_of_tensorboard(weight: float) -> None:
    values = np.random.default_rng(7).normal(3, 1, 2000).tolist()
    np.testing.assert_allclose(smoothed(np.array(values), weight), tensorboard(values, weight), rtol=1e-9)


def test_a_weight_of_zero_returns_the_values() -> None:
    values = np.array([3.0, 1.0, 2.0])
    np.testing.assert_array_equal(smoothed(values, 0.0), values)


def test_equal_values_stay_equal() -> None:
    np.testing.assert_allclose(smoothed(np.full(100, 2.5), 0.95), 2.5, rtol=1e-12)


def test_smoothing_no_values_returns_no_values() -> None:
    assert smoothed(np.array([]), 0.5).shape == (0,)
