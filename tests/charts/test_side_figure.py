"""The small charts of learning rate and speed."""

from __future__ import annotations

import numpy as np

from arkor_dash.charts.side_figure import side_figure
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.x_axis import BY_STEP
from arkor_dash.metrics.series import Series


def test_a_side_chart_is_downsampled_and_keeps_its_extremes() -> None:
    values = np.random.default_rng(1).normal(size=50_000)
    values[777] = 9.0
    (trace,) = side_figure(Series(np.arange(50_000.0), values), BY_STEP, LIGHT).data
    assert len(trace.x) < 1000
    assert trace.y.max() == 9.0


def test_the_axis_of_a_constant_series_shows_its_value() -> None:
    axis = side_figure(Series(np.arange(3.0), np.full(3, 2e-4)), BY_STEP, LIGHT).layout.yaxis
    assert (list(axis.tickvals), list(axis.ticktext)) == ([2e-4], ["2.0000e-4"])
