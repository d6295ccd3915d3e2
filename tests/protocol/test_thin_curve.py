from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.protocol.thin_curve import (
    POINTS_LIMIT,
    TEXT_LIMIT,
    ThinCurve,
    read_points,
    stored_curve,
    stored_points,
)

losses = st.lists(st.floats(-1e6, 1e6), max_size=500)


def points(curve: ThinCurve) -> tuple[float, ...]:
    """The points as a dashboard reads them."""
    return read_points(stored_points(curve.as_text()))


def test_a_short_curve_has_each_finite_value() -> None:
    assert points(ThinCurve()) == ()
    assert points(ThinCurve().followed_by([3.0, math.nan, 2.0, math.inf, 1.0])) == (3.0, 2.0, 1.0)


def test_a_long_curve_has_the_means_of_equally_many_values_and_the_newest_last() -> None:
    values = [float(number) for number in range(POINTS_LIMIT * 5 + 1)]
    shown = points(ThinCurve().followed_by(values))
    assert shown == (*(8 * place + 3.5 for place in range(POINTS_LIMIT * 5 // 8)), values[-1])


@pytest.mark.parametrize("count", [31, 32, 33, 63, 64, 10_000])
def test_a_curve_has_no_more_points_than_the_limit_and_once_it_is_long_never_less_than_half(
    count: int,
) -> None:
    assert POINTS_LIMIT / 2 <= len(points(ThinCurve().followed_by(map(float, range(count))))) <= POINTS_LIMIT


@given(losses, st.integers(0, 500))
def test_a_curve_is_the_same_in_whichever_batches_its_values_come(values: list[float], first: int) -> None:
    batches = stored_curve(ThinCurve().followed_by(values[:first]).as_text()).followed_by(values[first:])
    assert batches == ThinCurve().followed_by(values)


@given(losses)
def test_each_point_is_the_mean_of_its_values(values: list[float]) -> None:
    curve = ThinCurve().followed_by(values)
    expected = [np.mean(values[at : at + curve.stride]) for at in range(0, len(values), curve.stride)]
    most = max(map(abs, values), default=0.0)  # of which four digits are kept
    assert points(curve) == pytest.approx(expected, rel=1e-3, abs=1e-3 * most)


def test_huge_values_do_not_overflow_and_fit_into_the_text() -> None:
    curve = ThinCurve().followed_by([-1.7e308] * (POINTS_LIMIT - 1))
    assert set(points(curve)) == {-1.7e308}
    assert len(stored_points(curve.as_text())) <= TEXT_LIMIT
    assert set(points(curve.followed_by([-1.7e308] * 1000))) == {-1.7e308}


@pytest.mark.parametrize("text", ["", "x", "1 nan", "1 inf 2", "1,2", "1 " * (POINTS_LIMIT + 1)])
def test_a_text_of_another_form_has_no_points(text: str) -> None:
    assert read_points(text) == ()
