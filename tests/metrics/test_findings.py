"""What a curve says at a glance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from arkor_dash.metrics.findings import Best, best_eval, divergence, overfitting
from arkor_dash.metrics.losses import FloatArray, Series
from arkor_dash.metrics.progress import progress
from arkor_dash.metrics.side_series import SideSeries, SideSeriesHistory
from arkor_dash.protocol.events import TrainingLog


def series(values: FloatArray | list[float], every: int = 1) -> Series:
    return Series(np.arange(1.0, len(values) + 1) * every, np.array(values, dtype=np.float64))


FALLING = 3 * np.exp(-np.arange(400) / 100) + 0.5


def run_of(steps: int, steps_per_s: float, epochs_per_step: float = 0.0) -> SideSeries:
    history = SideSeriesHistory()
    for step in range(1, steps + 1):
        epoch = step * epochs_per_step if epochs_per_step else None
        history.append(TrainingLog(1e12 + step / steps_per_s * 1000, step, epoch=epoch))
    return history.snapshot()


def test_the_best_eval_loss_is_the_first_of_the_lowest() -> None:
    assert best_eval(series([3.0, 1.0, 2.0, 1.0], every=10)) == Best(20.0, 1.0)
    assert best_eval(series([])) is None


def test_a_falling_noisy_curve_has_not_diverged() -> None:
    noisy = FALLING * np.random.default_rng(1).normal(1, 0.05, len(FALLING))
    assert divergence(series(noisy)) is None


def test_a_single_spike_is_no_divergence() -> None:
    spiked = FALLING.copy()
    spiked[300] = 5.0
    assert divergence(series(spiked)) is None


def test_a_curve_that_stays_far_above_its_best_has_diverged() -> None:
    found = divergence(series(np.concatenate([FALLING, np.full(100, 4.0)])))
    assert found is not None
    assert found.lasting
    assert 400 < found.step < 410
    assert "over 1.5 times its best value (0.5" in found.rule


def test_a_divergence_that_is_over_is_found_but_not_lasting() -> None:
    found = divergence(series(np.concatenate([FALLING, np.full(100, 4.0), FALLING])))
    assert found is not None
    assert not found.lasting


def test_negative_losses_are_never_a_divergence() -> None:
    assert divergence(series(np.concatenate([-FALLING, np.full(100, 4.0)]))) is None


def test_eval_losses_that_rise_while_the_training_loss_falls_are_overfitting() -> None:
    found = overfitting(series(FALLING), series([2.0, 1.5, 1.0, 1.1, 1.2, 1.3], every=50))
    assert found is not None
    assert found.step == 150
    assert "1.0000 at step 150" in found.rule


@pytest.mark.parametrize(
    "evals",
    [[], [1.0], [2.0, 1.5, 1.0], [1.0, 1.2, 1.3], [1.0, 1.2, 1.3, 1.005], [1.0, 1.0, 1.0, 1.0, 1.0]],
    ids=["none", "one", "falling", "too few", "near its best again", "flat"],
)
def test_other_eval_losses_are_not_overfitting(evals: list[float]) -> None:
    assert overfitting(series(FALLING), series(evals, every=50)) is None


def test_eval_and_training_loss_that_rise_together_are_not_overfitting() -> None:
    assert overfitting(series(FALLING[::-1]), series([1.0, 1.1, 1.2, 1.3], every=50)) is None


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


@pytest.mark.parametrize(
    "config", [{}, {"maxSteps": "400"}, {"maxSteps": True}, {"maxSteps": 0}, {"maxSteps": None}]
)
def test_a_config_without_a_goal_has_no_progress(config: dict[str, object]) -> None:
    assert progress(config, run_of(10, 1)) is None


def test_a_run_without_times_or_reports_has_no_time_left() -> None:
    assert progress({"maxSteps": 5}, SideSeriesHistory().snapshot()) is None
    history = SideSeriesHistory()
    history.append(TrainingLog(None, 1))
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
