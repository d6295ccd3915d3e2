"""The progress of a run, and its time left."""

from __future__ import annotations

import math

import pytest

from arkor_dash.metrics.history import MetricHistory, Metrics
from arkor_dash.metrics.progress import done_share, pace, progress

from .reports import history_of, metrics_of, report


def run_of(steps: int, steps_per_s: float, epochs_per_step: float = 0.0) -> Metrics:
    history = MetricHistory()
    for step in range(1, steps + 1):
        epoch = step * epochs_per_step if epochs_per_step else None
        history.append(report(step, 1e12 + step / steps_per_s * 1000, epoch=epoch))
    return history.snapshot()


def test_progress_is_counted_in_steps_and_the_time_left_follows_the_speed() -> None:
    found = progress({"maxSteps": 400, "numTrainEpochs": 9}, run_of(100, steps_per_s=10))
    assert found is not None
    assert (found.done, found.basis) == (0.25, "100 of 400 steps")
    assert found.left_s == pytest.approx(30)


def test_without_a_number_of_steps_progress_is_counted_in_epochs() -> None:
    found = progress({"maxSteps": -1, "numTrainEpochs": 3}, run_of(100, 10, epochs_per_step=0.015))
    assert found is not None
    assert (found.done, found.basis) == (0.5, "1.50 of 3 epochs")
    assert found.left_s == pytest.approx(10)


def test_a_small_part_of_an_epoch_is_not_shown_as_none() -> None:
    found = progress({"numTrainEpochs": 3}, run_of(10, 10, epochs_per_step=0.00042))
    assert found is not None
    assert found.basis == "0.0042 of 3 epochs"


@pytest.mark.parametrize(
    "config",
    [
        {"max_steps": 40},
        {"total_steps": 40.0},
        {"max_steps": -1, "total_steps": 40},
        {"max_steps": 0.25, "total_steps": 40, "numTrainEpochs": 3},
        {"maxSteps": 40, "max_steps": 400},
    ],
    ids=str,
)
def test_the_number_of_steps_may_have_the_name_that_python_scripts_give_it(config: dict[str, object]) -> None:
    found = progress(config, run_of(10, steps_per_s=10))
    assert found is not None
    assert found.basis == "10 of 40 steps"
    assert done_share(config, {"step": 10.0}) == 0.25


@pytest.mark.parametrize(
    "config",
    [
        {},
        *({"maxSteps": value} for value in ("400", True, 0, None)),
        *({"max_steps": value, "total_steps": value} for value in ("400", True, 0, None, -1, 10.5, math.nan)),
    ],
    ids=str,
)
def test_a_config_without_a_goal_has_no_progress(config: dict[str, object]) -> None:
    assert progress(config, run_of(10, 1)) is None


def test_a_run_without_times_or_reports_has_no_time_left() -> None:
    assert progress({"maxSteps": 5}, MetricHistory().snapshot()) is None
    history = MetricHistory()
    history.append(report(1))
    found = progress({"maxSteps": 5}, history.snapshot())
    assert found is not None
    assert found.left_s is None


@pytest.mark.parametrize(
    ("goal", "left_s"),
    [(1e15, None), (10**400, None), (math.inf, None), (100, pytest.approx(90.0))],
    ids=["millions of years", "past a float", "infinite", "a minute and a half"],
)
def test_a_time_left_of_more_than_a_century_is_none(goal: float, left_s: float | None) -> None:
    found = progress({"maxSteps": goal}, run_of(10, 1))
    assert (found.left_s if found else None) == left_s


def test_a_run_beyond_its_goal_is_done() -> None:
    found = progress({"maxSteps": 5}, run_of(10, 1))
    assert found is not None
    assert (found.done, found.left_s) == (1.0, 0.0)


def test_a_run_that_resumes_has_the_progress_of_where_it_is() -> None:
    first = [report(step, 1e12 + step * 1000, loss=1.0) for step in range(1, 101)]
    resumed = [report(step, 2e12 + step * 500, loss=1.0) for step in range(51, 61)]
    found = progress({"maxSteps": 200}, metrics_of(*first, *resumed[:1]))
    assert found is not None
    assert found.basis == "51 of 200 steps"
    found = progress({"maxSteps": 200}, metrics_of(*first, *resumed))
    assert found is not None
    assert found.basis == "60 of 200 steps"


def test_a_run_that_begins_again_counts_from_there() -> None:
    first = [report(step, 1e12 + step * 1000, loss=1.0) for step in range(1, 101)]
    second = [report(step, 2e12 + step * 500, loss=1.0) for step in range(1, 11)]
    found = progress({"maxSteps": 20}, history_of(*first, *second).snapshot())
    assert found is not None
    assert found.basis == "10 of 20 steps"
    assert found.left_s == pytest.approx(5)


def test_a_run_can_report_how_many_steps_it_will_do() -> None:
    reports = [report(step, 1e12 + step * 1000, loss=1.0, total_steps=40) for step in range(1, 11)]
    found = progress({"maxSteps": -1, "numTrainEpochs": 3}, metrics_of(*reports))
    assert found is not None
    assert (found.basis, found.left_s) == ("10 of 40 steps", pytest.approx(30))


def test_the_pace_is_that_of_the_first_and_the_last_report_with_a_time() -> None:
    steps = [(1, None), (2, 1000.0), (3, None), (6, 3000.0), (7, None)]
    assert pace(metrics_of(*(report(step, at_ms) for step, at_ms in steps))) == 2
    assert pace(metrics_of(report(1, 1000.0), report(2, 1000.0))) is None
    assert pace(metrics_of()) is None


def test_steps_that_grow_too_little_for_a_pace_have_no_time_left() -> None:
    metrics = metrics_of(report(0, 0.0), report(5e-324, 10_000.0))
    assert pace(metrics) is None
    found = progress({"maxSteps": 10}, metrics)
    assert found is not None
    assert found.left_s is None
