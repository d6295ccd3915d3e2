"""Which points of a view are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.charts.curve import View
from arkor_dash.charts.downsampling import prominence
from arkor_dash.metrics.series import Series
from arkor_dash.metrics.value_format import format_value
from tests.metrics.reports import losses_of

from .reports import INF, NAN, figure_of, hover_of, loss_curve, losses_from, train_of, training


def test_every_point_of_a_short_series_is_drawn() -> None:
    curve = loss_curve(losses_of((1, 3.0, None), (2, 2.0, 2.5), (3, 1.0, None)), View())
    assert train_of(curve).points.steps.tolist() == [1, 2, 3]
    assert train_of(curve).points.values.tolist() == [3.0, 2.0, 1.0]
    assert curve.lines[1].drawn.points.steps.tolist() == [2]
    assert (curve.drawn, curve.total, curve.extent) == (4, 4, (1, 3))


def test_a_long_series_is_drawn_with_about_two_points_per_pixel() -> None:
    rng = np.random.default_rng(7)
    curve = loss_curve(training(rng.normal(2, 0.1, 100_000)), View(width_px=800))
    assert 800 <= curve.drawn <= 2 * 800 + 2
    assert curve.total == 100_000
    assert train_of(curve).inside.steps[[0, -1]].tolist() == [0, 99_999]


def test_downsampling_keeps_every_spike_of_a_single_step() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(2, 0.01, 200_000)
    spikes = np.arange(1234, 200_000, 4001)
    values[spikes[::2]] = 9.0
    values[spikes[1::2]] = 0.1
    curve = loss_curve(training(values), View(width_px=1000))
    assert set(spikes.tolist()) <= set(train_of(curve).points.steps.tolist())


def test_downsampling_keeps_the_extremes_of_every_two_pixels() -> None:
    rng = np.random.default_rng(11)
    values = rng.normal(0, 1, 60_000)
    drawn = set(train_of(loss_curve(training(values), View(width_px=200))).points.values.tolist())
    columns = values.reshape(100, -1)
    assert {*columns.min(axis=1), *columns.max(axis=1)} <= drawn


def test_downsampling_counts_pixels_where_steps_are_unevenly_spaced() -> None:
    rng = np.random.default_rng(5)
    steps = np.concatenate([np.linspace(0, 99.9, 50_000), np.arange(100.0, 1001.0)])
    values = rng.normal(0, 1, len(steps))
    drawn = set(train_of(loss_curve(training(values, steps), View(width_px=200))).points.values.tolist())
    for left in range(100, 1000, 10):
        column = values[(steps > left) & (steps < left + 10)]
        assert {column.min(), column.max()} & drawn
    assert np.isin(values[50_000:], list(drawn)).sum() > 170


@pytest.mark.parametrize("huge", [1e300, 1.7e308])
def test_steps_and_losses_near_the_largest_float_are_downsampled(huge: float) -> None:
    half = np.linspace(0, 1, 5_000)
    steps = np.concatenate([-huge * half[::-1], huge * half[1:]])
    curve = loss_curve(training(np.where(steps > 0, huge, -huge), steps), View(width_px=100))
    assert train_of(curve).inside.steps[[0, -1]].tolist() == [-huge, huge]
    assert 100 <= curve.drawn <= 202
    figure_of(training(steps, steps))
    count = np.arange(float(len(steps)))
    zigzag = Series(count, np.where(count % 2, huge, -huge))
    hover = hover_of(losses_from(zigzag, zigzag), View(width_px=100))
    assert set(hover.values()) == {
        f"Training {loss}, Eval {loss}" for loss in map(format_value, (-huge, huge))
    }


def test_downsampling_does_not_depend_on_the_scale_of_the_steps() -> None:
    values = np.random.default_rng(2).normal(0, 1, 5_000)
    steps = np.linspace(-1, 1, 5_000) * 1.7e308
    view = View(width_px=100)
    huge, small = (
        train_of(loss_curve(training(values, each), view)).inside for each in (steps, steps / 2**900)
    )
    assert huge.values.tolist() == small.values.tolist()


def test_a_range_draws_its_points_and_one_neighbour_on_each_side() -> None:
    curve = loss_curve(training(np.arange(10.0)), View(x_range=(2.5, 6.0)))
    assert train_of(curve).inside.steps.tolist() == [3, 4, 5, 6]
    assert train_of(curve).points.steps.tolist() == [2, 3, 4, 5, 6, 7]
    assert (curve.drawn, curve.total, curve.extent) == (4, 4, (0, 9))


def test_a_range_between_two_points_draws_the_line_that_crosses_it() -> None:
    curve = loss_curve(training(np.arange(10.0)), View(x_range=(2.2, 2.8)))
    assert train_of(curve).points.steps.tolist() == [2, 3]
    assert (curve.drawn, curve.total) == (0, 0)


@pytest.mark.parametrize(("x_range", "drawn"), [((-9, -5), [0]), ((20, 30), [9]), ((9, 9), [8, 9])])
def test_a_range_at_or_beyond_an_end_draws_the_nearest_point(
    x_range: tuple[float, float], drawn: list[float]
) -> None:
    curve = loss_curve(training(np.arange(10.0)), View(x_range=x_range))
    assert train_of(curve).points.steps.tolist() == drawn


def test_the_ends_of_a_range_can_be_in_either_order() -> None:
    losses = training(np.arange(10.0))
    backwards = loss_curve(losses, View(x_range=(6, 3)))
    assert train_of(backwards).inside.steps.tolist() == [3, 4, 5, 6]


def test_zooming_in_draws_more_of_the_points_in_view() -> None:
    losses = training(np.random.default_rng(1).normal(0, 1, 50_000))
    inside = loss_curve(losses, View(x_range=(1000, 1500), width_px=400))
    assert (inside.drawn, inside.total) == (501, 501)


@pytest.mark.parametrize("width_px", [-5, 0, 1])
def test_a_chart_without_a_width_still_draws_a_line(width_px: int) -> None:
    assert loss_curve(training(np.arange(5_000.0)), View(width_px=width_px)).drawn >= 100


def test_no_point_is_drawn_without_losses() -> None:
    curve = loss_curve(losses_of(), View(x_range=(0, 1)))
    assert (curve.drawn, curve.total, curve.extent) == (0, 0, None)
    assert figure_of(losses_of())["data"] == []


finite = st.floats(-1e9, 1e9)


@given(
    st.lists(finite, min_size=1, max_size=400),
    st.one_of(st.none(), st.tuples(finite, finite)),
    st.integers(1, 150),
)
def test_the_drawn_points_are_an_ordered_subset_with_both_ends_and_extremes(
    values: list[float], x_range: tuple[float, float] | None, width_px: int
) -> None:
    losses = training(np.array(values * 3))
    inside = train_of(loss_curve(losses, View(x_range, width_px))).inside
    low, high = sorted(x_range or (0, len(losses.train.finite)))
    in_view = [step for step in losses.train.finite.steps.tolist() if low <= step <= high]
    steps = inside.steps.tolist()
    assert steps == sorted(set(steps))
    assert inside.values.tolist() == [losses.train.finite.values[int(step)] for step in steps]
    if in_view:
        shown = losses.train.finite.values[[int(step) for step in in_view]]
        assert (steps[0], steps[-1]) == (in_view[0], in_view[-1])
        assert (inside.values.min(), inside.values.max()) == (shown.min(), shown.max())


def test_prominence_is_the_distance_from_the_mean_of_the_neighbours() -> None:
    assert prominence(np.array([9.0, 0.0, 2.0, 2.0, 8.0, 2.0])).tolist() == [0, 5.5, 1, 3, 6, 0]
    assert prominence(np.array([1.7e308, -1.7e308, 1.7e308])).tolist() == [0, INF, 0]
    assert [prominence(np.ones(n)).tolist() for n in range(4)] == [[0] * n for n in range(4)]


def test_marks_are_in_view_and_at_most_one_per_pixel() -> None:
    losses = losses_of(*((float(step), NAN, None) for step in range(3_000)))
    curve = loss_curve(losses, View(x_range=(0, 1999), width_px=200))
    assert curve.nonfinite == 2_000
    assert 190 <= len(curve.marks) <= 201
    assert curve.marks[0] == 0
