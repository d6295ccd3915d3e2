"""The texts of values."""

from __future__ import annotations

import math

import pytest

from arkor_dash.metrics.value_format import format_value, share_text, short_value, shown_step


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
        (1e10, "10,000,000,000"),
        (1e20, "1e+20"),
        (16_777_217.0, "16,777,217"),
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


@pytest.mark.parametrize(
    ("step", "text"),
    [(7, "7"), (8000, "8,000"), (1234.5, "1,234.5"), (-8000, "-8,000"), (1e21, "1e+21"), (1e-7, "1e-07")],
)
def test_a_step_has_its_digits_in_groups_of_three(step: float, text: str) -> None:
    assert shown_step(step) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (0.29, "29%"), (0.625, "62%"), (399 / 400, "99%"), (1.0, "100%")]
)
def test_a_share_is_rounded_down(share: float, text: str) -> None:
    assert share_text(share) == text
