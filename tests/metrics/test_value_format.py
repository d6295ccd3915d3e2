"""The texts of values."""

from __future__ import annotations

import math

import pytest

from arkor_dash.metrics.value_format import format_value, short_value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.93, "0.93"),
        (0.93121, "0.9312"),
        (100.0, "100"),
        (0.0, "0"),
        (-0.0, "0"),
        (2e-6, "2e-6"),
        (4.25e-5, "4.25e-5"),
        (1e10, "10000000000"),
        (1e20, "1e+20"),
        (16_777_217.0, "16777217"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
    ],
)
def test_a_short_value_has_the_digits_that_it_needs(value: float, text: str) -> None:
    assert short_value(value) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_named(value: float) -> None:
    assert format_value(value) == short_value(value)
