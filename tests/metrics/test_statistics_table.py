"""The statistics of a series, each with what it means."""

from __future__ import annotations

import numpy as np

from arkor_dash.charts.side_figure import side_figure
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.x_axis import BY_STEP
from arkor_dash.metrics.losses import Series
from arkor_dash.metrics.statistics_table import summary_rows


def test_every_row_has_a_meaning() -> None:
    steps = np.arange(1.0, 2001)
    rows = summary_rows(Series(steps, 5 - steps / 1000))
    assert [row.label for row in rows] == [
        "Mean loss ± 95% CI",
        "Std dev",
        "Variance",
        "p90",
        "p95",
        "95% CI, autocorrelated",
        "Effective samples",
        "Minimum",
        "Slope per 1,000 steps",
    ]
    assert all(row.meaning.endswith(".") for row in rows)
    said = {row.label: row.text for row in rows}
    assert said["Minimum"] == "3.0000 at step 2000"
    assert said["Slope per 1,000 steps"].startswith("-1.0000 ± ")


def test_statistics_that_one_point_does_not_have_are_not_available() -> None:
    said = {row.label: row.text for row in summary_rows(Series(np.array([3.0]), np.array([0.5])))}
    assert (
        said["95% CI, autocorrelated"] == said["Effective samples"] == said["Slope per 1,000 steps"] == "N/A"
    )
    assert said["Minimum"] == "0.5000 at step 3"


def test_a_side_chart_is_downsampled_and_keeps_its_extremes() -> None:
    values = np.random.default_rng(1).normal(size=50_000)
    values[777] = 9.0
    (trace,) = side_figure(np.arange(50_000.0), values, BY_STEP, LIGHT).data
    assert len(trace.x) < 1000
    assert trace.y.max() == 9.0
