"""A metric of a run in three numbers and a small curve."""

from __future__ import annotations

import math

import pytest

from arkor_dash.metrics.history import MetricHistory
from arkor_dash.metrics.summary import metric_summary
from arkor_dash.protocol.metric_summaries import MetricSummary
from arkor_dash.protocol.thin_curve import POINTS_LIMIT, ThinCurve, read_points, stored_points

from .reports import metrics_of, report


def test_a_loss_is_summarized_with_its_curve_and_another_metric_without() -> None:
    metrics = metrics_of(*(report(step, loss=loss, rate=2.0) for step, loss in enumerate([3, 1, 2], start=1)))
    assert metric_summary(metrics, "loss") == MetricSummary(2.0, 1.0, 3.0, "3 1 2")
    assert metric_summary(metrics, "rate") == MetricSummary(2.0, 2.0, 2.0)
    assert metric_summary(metrics, "reward") is None


def test_the_last_value_may_be_nan_and_the_others_are_finite() -> None:
    found = metric_summary(metrics_of(report(1, loss=2.0), report(2, loss=math.nan)), "loss")
    assert found is not None
    assert math.isnan(found.last)
    assert (found.lowest, found.highest, found.curve) == (2.0, 2.0, "2")
    alone = metric_summary(metrics_of(report(1, loss=math.inf)), "loss")
    assert alone == MetricSummary(math.inf, None, None)


def test_a_summary_is_computed_once_for_each_change_of_the_metric() -> None:
    history = MetricHistory()
    history.append(report(1, loss=2.0))
    first = metric_summary(history.snapshot(), "loss")
    history.append(report(2, reward=1.0))
    assert metric_summary(history.snapshot(), "loss") is first
    history.append(report(3, loss=1.0))
    assert metric_summary(history.snapshot(), "loss") == MetricSummary(1.0, 1.0, 2.0, "2 1")


@pytest.mark.parametrize("count", [1, 31, 32, 33, 63, 64, 1_000])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1.7e308])
def test_the_curve_is_the_one_that_the_studio_makes_report_by_report(count: int, size: float) -> None:
    values = [size * math.sin(number) for number in range(count)]
    found = metric_summary(metrics_of(*(report(step, loss=each) for step, each in enumerate(values))), "loss")
    expected = read_points(stored_points(ThinCurve().followed_by(values).as_text()))
    assert found is not None
    points = read_points(found.curve)
    assert len(points) == len(expected) <= POINTS_LIMIT
    assert points == pytest.approx(expected, rel=1e-3, abs=1e-3 * size)
