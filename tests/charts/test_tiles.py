"""The points of the small charts of metrics."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from arkor_dash.charts.curve import View
from arkor_dash.charts.tiles import LARGEST_X, tile_axis, tile_points, tile_version
from arkor_dash.charts.x_axis import BY_STEP, ELAPSED, x_axis
from arkor_dash.metrics.history import MetricHistory, Metrics
from tests.metrics.reports import metrics_of, report

WIDTH_PX = 200


def reported(*reports: tuple[float, dict[str, float]]) -> Metrics:
    """Metrics of these reports, one a second."""
    return metrics_of(
        *(report(step, 1000.0 * number, **values) for number, (step, values) in enumerate(reports))
    )


def test_a_short_series_is_drawn_whole() -> None:
    metrics = reported(*((step, {"kl": step / 7}) for step in range(10, 20)))
    axis = tile_axis(metrics, View(None, WIDTH_PX), BY_STEP)
    points = tile_points(metrics.metrics["kl"], axis)
    assert (axis.low - axis.base, axis.high - axis.base) == (0, 9)
    assert points.x.tolist() == list(range(10))
    assert points.y.tolist() == [step / 7 for step in range(10, 20)]
    assert axis.steps.tolist() == list(range(10, 20))


def test_a_long_series_keeps_its_extremes_and_the_points_that_can_be_selected() -> None:
    values = np.random.default_rng(0).normal(size=50_000)
    values[31_234] = 99
    metrics = reported(*((step, {"kl": value}) for step, value in enumerate(values.tolist())))
    axis = tile_axis(metrics, View(None, WIDTH_PX), BY_STEP)
    points = tile_points(metrics.metrics["kl"], axis)
    assert len(points.x) <= 3 * WIDTH_PX
    assert (points.y.max(), points.y.min()) == (99, values.min())
    assert len(axis.steps) <= WIDTH_PX // 2
    assert set(axis.relative(axis.steps)) <= set(points.x)


def test_a_metric_that_skips_steps_has_only_its_own_points() -> None:
    metrics = reported(
        *((step, {"kl": 1.0} | ({"f1": 0.5} if step % 100 == 0 else {})) for step in range(1_000))
    )
    points = tile_points(metrics.metrics["f1"], tile_axis(metrics, View(None, WIDTH_PX), BY_STEP))
    assert points.x.tolist() == list(range(0, 1_000, 100))


def test_all_charts_share_the_range_of_the_run() -> None:
    metrics = reported((0, {"kl": 1.0}), (50, {"f1": 0.5}), (100, {"kl": 2.0}))
    axis = tile_axis(metrics, View(None, WIDTH_PX), BY_STEP)
    assert (axis.low, axis.high) == (0, 100)
    assert tile_points(metrics.metrics["f1"], axis).x.tolist() == [50]


def test_a_zoom_draws_the_points_in_view_and_one_beyond_each_edge() -> None:
    metrics = reported(*((step, {"kl": float(step)}) for step in range(100)))
    axis = tile_axis(metrics, View((40.5, 20.5), WIDTH_PX), BY_STEP)
    assert (axis.low, axis.high) == (20.5, 40.5)
    assert tile_points(metrics.metrics["kl"], axis).x.tolist() == list(range(20, 42))
    assert axis.steps.tolist() == list(range(21, 41))


def test_positions_follow_the_axis_of_the_page() -> None:
    metrics = reported(*((step, {"kl": 1.0 + step}) for step in range(0, 100, 10)))
    axis = tile_axis(metrics, View(None, WIDTH_PX), x_axis(ELAPSED, metrics, None))
    assert tile_points(metrics.metrics["kl"], axis).x.tolist() == [float(second) for second in range(10)]


def test_values_that_are_not_finite_are_kept_apart() -> None:
    metrics = reported((0, {"kl": 1.0}), (1, {"kl": math.nan}), (2, {"kl": 3.0}), (3, {"kl": math.inf}))
    points = tile_points(metrics.metrics["kl"], tile_axis(metrics, View(None, WIDTH_PX), BY_STEP))
    assert points.x.tolist() == [0, 2]
    assert points.nonfinite_x.tolist() == [1, 3]
    assert np.isnan(points.nonfinite_y[0])


def test_the_largest_steps_fit_into_float32() -> None:
    metrics = reported((-1.7e308, {"kl": 1.0}), (1.7e308, {"kl": 2.0}))
    points = tile_points(metrics.metrics["kl"], tile_axis(metrics, View(None, WIDTH_PX), BY_STEP))
    assert points.x.tolist() == [0, LARGEST_X]


def test_a_run_without_a_step_has_an_empty_axis() -> None:
    axis = tile_axis(MetricHistory().snapshot(), View((1, 2), WIDTH_PX), BY_STEP)
    assert (axis.low, axis.high, len(axis.steps)) == (0, 0, 0)


@pytest.mark.parametrize("change", [{"width_px": 300}, {"x_range": (0.0, 1.0)}])
def test_the_version_of_a_chart_changes_with_what_it_draws(change: dict[str, object]) -> None:
    metrics = reported((0, {"kl": 1.0}), (1, {"kl": 2.0}))
    axis = tile_axis(metrics, View(None, WIDTH_PX), BY_STEP)
    version = tile_version(metrics.metrics["kl"], axis)
    assert version != tile_version(metrics.metrics["kl"], replace(axis, **change))


def test_the_version_of_a_chart_stays_while_only_other_metrics_are_reported() -> None:
    history = MetricHistory()
    history.append(report(0, 0, kl=1.0, f1=1.0))
    versions = []
    for step in (1, 2):
        history.append(report(step, 0, kl=1.0))
        metrics = history.snapshot()
        axis = tile_axis(metrics, View(None, WIDTH_PX), BY_STEP)
        versions.append([tile_version(metrics.metrics[name], axis) for name in ("f1", "kl")])
    assert versions[0][0] == versions[1][0]
    assert versions[0][1] != versions[1][1]
