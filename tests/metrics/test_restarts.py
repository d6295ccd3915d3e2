"""Runs whose steps go back: begun again, resumed, or corrected."""

from __future__ import annotations

import pytest

from arkor_dash.metrics.history import MetricHistory
from arkor_dash.protocol.events import CheckpointSaved, TrainingLog
from arkor_dash.protocol.restarts import HELD_EVENTS, Restart

from .reports import history_of, metrics_of, pairs, report


def part(steps: range, since_ms: float, value: float = 1.0) -> list[TrainingLog]:
    return [report(step, since_ms + i, loss=value) for i, step in enumerate(steps)]


@pytest.mark.parametrize(
    ("first", "second", "restart"),
    [
        (range(1, 6), range(1, 4), Restart(at=6, step=1, last_step=5)),
        (range(0, 6), range(0, 4), Restart(at=6, step=0, last_step=5)),
        (range(10, 60, 10), range(10, 40, 10), Restart(at=60, step=10, last_step=50)),
        (range(10, 60, 10), range(1, 4), Restart(at=51, step=1, last_step=50)),
    ],
    ids=["from 1", "from 0", "every ten steps", "more often than before"],
)
def test_steps_that_begin_again_follow_the_earlier_ones(
    first: range, second: range, restart: Restart
) -> None:
    metrics = metrics_of(*part(first, 0), *part(second, 1000, value=2.0))
    assert metrics.restart == restart
    values = metrics.finite("loss").values.tolist()
    assert values == [1.0] * len(first) + [2.0] * len(second)
    assert [each.step for each in metrics.recent] == list(second)


def test_steps_can_begin_again_more_than_once() -> None:
    metrics = metrics_of(*(each for epoch in range(3) for each in part(range(1, 5), 1000 * epoch)))
    assert metrics.finite("loss").steps.tolist() == list(range(1, 13))
    assert metrics.restart == Restart(at=9, step=1, last_step=4, count=2)


def of_epochs(steps: range, since_ms: float, steps_per_epoch: int) -> list[TrainingLog]:
    return [
        report(step, since_ms + i, loss=1.0, epoch=round(step / steps_per_epoch, 2))
        for i, step in enumerate(steps)
    ]


def test_a_second_training_that_reports_less_often_begins_again_as_its_epochs_show() -> None:
    metrics = metrics_of(*of_epochs(range(10, 1_010, 10), 0, 100), *of_epochs(range(25, 125, 25), 5000, 40))
    assert metrics.restart == Restart(at=1_025, step=25, last_step=1_000)
    assert metrics.finite("loss").steps.tolist() == [*range(10, 1_010, 10), 1_025, 1_050, 1_075, 1_100]


@pytest.mark.parametrize("length", [100, 20_000])
def test_a_run_that_resumes_in_the_same_epochs_does_not_begin_again(length: int) -> None:
    first = of_epochs(range(1, length + 1), 0, 70)
    metrics = metrics_of(*first, *of_epochs(range(length // 2, length // 2 + 30), 1e6, 70))
    assert metrics.restart is None
    assert len(metrics.steps) == length


@pytest.mark.parametrize(
    ("first", "second"),
    [(range(251, 280), range(251, 260)), (range(0, 40, 10), range(10, 30, 10))],
    ids=["from where this run began", "from an early checkpoint"],
)
def test_a_run_that_resumes_from_a_checkpoint_does_not_begin_again(first: range, second: range) -> None:
    metrics = metrics_of(*part(first, 0), *part(second, 1000, value=2.0))
    assert metrics.restart is None
    assert metrics.finite("loss").steps.tolist() == list(first)
    assert dict(pairs(metrics.finite("loss"))) == dict.fromkeys(first, 1.0) | dict.fromkeys(second, 2.0)


def test_a_last_step_between_two_reports_does_not_hide_that_the_steps_begin_again() -> None:
    first = [*part(range(10, 110, 10), 0), report(103, 500, loss=1.0)]
    metrics = metrics_of(*first, *part(range(10, 40, 10), 1000))
    assert metrics.restart == Restart(at=113, step=10, last_step=103)


def test_steps_that_could_not_be_told_apart_are_not_placed_behind_each_other() -> None:
    metrics = metrics_of(*(report(step, at, loss=1.0) for at, step in enumerate((1, 1.7e308, 1, 2, 1.7e308))))
    assert metrics.restart is None
    assert metrics.steps.tolist() == [1, 2, 1.7e308]


def test_reports_that_arrive_out_of_order_do_not_begin_again() -> None:
    reports = part(range(1, 20), 0)
    metrics = metrics_of(*reports[5:], *reports[:5])
    assert metrics.restart is None
    assert metrics.finite("loss").steps.tolist() == list(range(1, 20))


def test_without_times_steps_that_come_again_are_replaced() -> None:
    again = [report(step, loss=2.0) for step in (1, 2, 3)]
    metrics = metrics_of(*(report(step, loss=1.0) for step in range(1, 6)), *again)
    assert metrics.finite("loss").values.tolist() == [2.0, 2.0, 2.0, 1.0, 1.0]


def test_an_evaluation_of_the_first_step_that_comes_late_is_added_to_it() -> None:
    metrics = metrics_of(
        *part(range(1, 6), 0), report(1, 1000, eval_loss=3.0), report(2, 1001, eval_loss=2.0)
    )
    assert metrics.restart is None
    assert pairs(metrics.finite("eval_loss")) == [(1, 3.0), (2, 2.0)]


def test_one_report_that_goes_back_to_the_start_is_a_correction() -> None:
    corrected = report(1, 1000, loss=9.0)
    history = history_of(*part(range(1, 6), 0), corrected, report(6, 1001, loss=1.0))
    assert history.snapshot().restart is None
    assert pairs(history.snapshot().finite("loss"))[0] == (1, 9.0)

    for next_report in (report(5, 1001, eval_loss=1.0), report(3, 2, loss=1.0)):
        history = history_of(*part(range(1, 6), 0), corrected, next_report)
        assert history.snapshot().restart is None
        assert history.snapshot().finite("loss").steps.tolist() == [1, 2, 3, 4, 5]

    history = history_of(*part(range(1, 6), 0), corrected)
    history.finish()
    assert pairs(history.snapshot().finite("loss"))[0] == (1, 9.0)


def test_the_reports_of_the_step_that_begins_again_stay_together() -> None:
    again = [report(1, 1000, loss=2.0), report(1, 1001, eval_loss=3.0), report(2, 1002, loss=2.0)]
    metrics = metrics_of(*part(range(1, 6), 0), *again)
    assert pairs(metrics.finite("eval_loss")) == [(6, 3.0)]


def test_a_checkpoint_that_is_saved_at_the_first_step_follows_the_earlier_points() -> None:
    history = MetricHistory()
    for at_ms, step in enumerate([*range(10, 60, 10), *range(10, 40, 10)]):
        history.append(report(step, float(at_ms), loss=1.0))
        history.append(CheckpointSaved(float(at_ms), step))
    assert history.snapshot().checkpoints == (10, 20, 30, 40, 50, 60, 70, 80)


def test_a_first_step_that_is_reported_again_and_again_is_shown() -> None:
    again = [report(1, 1000.0 + number, loss=2.0) for number in range(5000)]
    history = history_of(*part(range(1, 6), 0), *again[: HELD_EVENTS + 1])
    assert pairs(history.snapshot().finite("loss"))[0] == (1, 2.0)
    for each in again:
        history.append(each)
    assert history.snapshot().restart is None
