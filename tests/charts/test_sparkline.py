from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.charts.sparkline import HEIGHT, heights, in_words


def test_the_lowest_value_is_at_the_bottom_and_the_highest_at_the_top() -> None:
    assert heights([3.0, 1.0, 2.0]) == (HEIGHT, 0, HEIGHT // 2)


@pytest.mark.parametrize("values", [[2.0], [2.0, 2.0, 2.0], [5e-324, 5e-324]])
def test_equal_values_are_in_the_middle(values: list[float]) -> None:
    assert heights(values) == (HEIGHT // 2,) * len(values)


def test_a_curve_without_values_has_no_points() -> None:
    assert heights([]) == ()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_each_height_is_in_range_and_in_the_order_of_the_values(values: list[float]) -> None:
    shown = heights(values)
    assert all(0 <= height <= HEIGHT for height in shown)
    assert [height for _, height in sorted(zip(values, shown, strict=True))] == sorted(shown)


def test_a_curve_is_told_by_its_first_and_last_value() -> None:
    assert in_words([3.0, 1.0, 2e-5]) == "From 3.0000 to 2.0000e-5"
