"""What a run has reached in a metric, and which values of it are better."""

from __future__ import annotations

import math

import pytest

from arkor_dash.metrics.history import MetricHistory
from arkor_dash.metrics.results import Better, Result, better, result
from arkor_dash.metrics.series import Value

from .reports import metrics_of, report


def test_a_result_is_the_last_the_lowest_and_the_highest_value_with_their_first_steps() -> None:
    metrics = metrics_of(*(report(step, loss=loss) for step, loss in enumerate([3, 1, 4, 1, 4, 2], start=1)))
    assert result(metrics, "loss") == Result(
        final=Value(6, 2), last_finite=Value(6, 2), lowest=Value(2, 1), highest=Value(3, 4)
    )


def test_a_result_is_searched_once_for_each_change_of_the_metric() -> None:
    history = MetricHistory()
    history.append(report(1, loss=2.0))
    first = result(history.snapshot(), "loss")
    history.append(report(2, reward=1.0))
    assert result(history.snapshot(), "loss") is first
    history.append(report(3, loss=1.0))
    found = result(history.snapshot(), "loss")
    assert found is not None
    assert found.lowest == Value(3, 1.0)


def test_a_run_without_the_metric_has_no_result() -> None:
    assert result(metrics_of(report(1, loss=1.0)), "reward") is None


def test_the_final_value_of_a_run_that_ended_in_nan_is_nan() -> None:
    found = result(metrics_of(report(1, loss=2.0), report(2, loss=math.nan)), "loss")
    assert found is not None
    assert math.isnan(found.final.value)
    assert found.lowest == Value(1, 2.0)


def test_a_run_of_which_no_value_is_finite_has_only_a_final_value() -> None:
    found = result(metrics_of(report(1, loss=math.inf)), "loss")
    assert found == Result(final=Value(1, math.inf), last_finite=None, lowest=None, highest=None)


def test_the_lowest_value_is_that_since_the_steps_began_again() -> None:
    first = [report(step, step, loss=0.1) for step in range(1, 6)]
    second = [report(step, 1000 + step, loss=2.0 + step) for step in range(1, 4)]
    metrics = metrics_of(*first, *second)
    assert metrics.restart is not None
    found = result(metrics, "loss")
    assert found is not None
    assert found.lowest is not None
    assert found.lowest.value == 3.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("loss", Better.LOWER),
        ("eval_set_a_loss", Better.LOWER),
        ("evalWer", Better.LOWER),
        ("reward_model_loss", Better.LOWER),
        ("rewards/format/mean", Better.HIGHER),
        ("eval/f1", Better.HIGHER),
        ("evalAccuracy", Better.HIGHER),
        ("reward_std", Better.UNKNOWN),
        ("grad_norm", Better.UNKNOWN),
        ("glossary_length", Better.UNKNOWN),
        ("", Better.UNKNOWN),
    ],
)
def test_a_name_tells_which_values_are_better(name: str, expected: Better) -> None:
    assert better(name) is expected


def test_the_last_finite_value_is_known_where_the_last_one_is_not_finite() -> None:
    found = result(metrics_of(report(1, loss=2.0), report(2, loss=math.nan)), "loss")
    assert found is not None
    assert math.isnan(found.final.value)
    assert found.last_finite == Value(1, 2.0)
