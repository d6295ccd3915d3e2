"""The best eval loss, divergence and overfitting."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
import pytest

from arkor_dash.metrics.findings import (
    best_eval,
    divergence,
    ends_high,
    findings,
    overfitting,
    restart_found,
)
from arkor_dash.metrics.history import MetricHistory
from arkor_dash.metrics.losses import Loss, Losses, losses_among
from arkor_dash.metrics.series import FloatArray, Series, Value
from arkor_dash.protocol.restarts import Restart
from arkor_dash.protocol.thin_curve import ThinCurve
from tests.metrics.reports import report


def series(values: FloatArray | list[float], every: int = 1) -> Series:
    return Series(np.arange(1.0, len(values) + 1) * every, np.array(values, dtype=np.float64))


FALLING = 3 * np.exp(-np.arange(400) / 100) + 0.5


def test_a_run_whose_steps_begin_again_says_so() -> None:
    assert restart_found(None) == ()
    (found,) = restart_found(Restart(at=1001, step=1, last_step=1000))
    assert (found.title, found.step) == ("Began again", 1001)
    assert found.rule == "The steps began again at 1 after step 1,000. What followed is drawn from 1,001 on."
    (found,) = restart_found(Restart(at=1501, step=1, last_step=500, count=4))
    assert "after step 500 (4 times so far). What followed is drawn from 1,501 on." in found.rule


def test_losses_before_the_steps_began_again_are_those_of_another_task() -> None:
    train = Loss("loss", series(np.concatenate([np.full(200, 0.3), np.full(200, 0.69)])))
    evals = Loss("eval_loss", series([0.3, 0.3, 0.7, 0.6, 0.6, 0.6], every=50))
    assert [found.title for found in findings(Losses(train, (), 1))] == ["Diverged"]
    assert findings(Losses(train, (evals,), 1, since=201)) == ()
    assert best_eval(evals.finite, since=120) == Value(200, 0.6)


def test_each_eval_loss_can_show_that_the_run_overfits() -> None:
    def evals(name: str, *values: float) -> Loss:
        return Loss(name, series(list(values), every=50), eval_set=name)

    train = Loss("loss", series(FALLING))
    falling, overfit = evals("a", 2.0, 1.5, 1.0, 0.9), evals("b", 2.0, 1.0, 1.1, 1.2, 1.3)
    sooner = evals("c", 1.0, 1.1, 1.2, 1.3)
    assert findings(Losses(train, (falling,), 1)) == ()
    (found,) = findings(Losses(train, (falling, overfit, sooner), 1))
    assert (found.title, found.step) == ("Overfitting", 50)
    main = Loss("eval_loss", falling.finite)
    assert findings(Losses(train, (main, overfit), 1)) == ()


def test_the_best_eval_loss_is_the_first_of_the_lowest() -> None:
    assert best_eval(series([3.0, 1.0, 2.0, 1.0], every=10)) == Value(20.0, 1.0)
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
    assert found.step == 401
    assert "over 1.5 times its best value (0.5" in found.rule


def test_the_divergence_begins_at_the_first_high_loss() -> None:
    found = divergence(series(np.concatenate([FALLING[:387], np.full(113, 4.0)])))
    assert found is not None
    assert found.step == 391  # in the first block of which most are high
    found = divergence(series(np.concatenate([FALLING[:384], np.full(116, 4.0)])))
    assert found is not None
    assert found.step == 385


NOISE = np.random.default_rng(2).normal(1, 0.05, 400)


@pytest.mark.parametrize(
    "values",
    [
        np.concatenate([NOISE[:200], [1e4], NOISE[200:]]),
        np.concatenate([[0.1], 2 * NOISE]),
        1e-6 * np.arange(1, 5_000),
    ],
    ids=["one huge loss", "one low loss by luck", "rising by millionths"],
)
def test_what_is_no_problem_is_no_divergence(values: FloatArray) -> None:
    assert divergence(series(values)) is None


@pytest.mark.parametrize(
    ("curve", "is_high"),
    [
        ([*FALLING[:160:10], 4.0, 4.2, 4.1, 4.3, 4.2, 4.4, 4.3], True),
        ([*FALLING[:160:10], 4.0, 4.2, 4.1, 4.3, 4.2, 4.4, 1.0, 0.9, 0.8], False),
        (FALLING[::16], False),
        ([*FALLING[:390:13], 1e4], False),
        ([2.0] * 10 + [0.1] + [2.0] * 10, False),
        ([-1.0] * 10 + [4.0] * 10, False),
        ([1e-6] * 10 + [5e-6] * 10, False),
        ([1.0] * 8 + [4.0] * 7, False),
        ([], False),
    ],
    ids=["risen", "came back", "falling", "a spike", "a low point", "negative", "tiny", "too short", "none"],
)
def test_a_curve_in_a_few_points_ends_high_by_the_rule_of_a_divergence(
    curve: list[float], is_high: bool
) -> None:
    assert ends_high(curve) is is_high


@pytest.mark.parametrize("high", [4.0, 0.8])
def test_a_curve_that_ends_high_is_one_that_has_diverged(high: float) -> None:
    losses = np.concatenate([FALLING, np.full(400, high)])
    curve = ThinCurve().followed_by(losses.tolist()).means
    found = divergence(series(losses))
    assert ends_high(curve) is (found is not None and found.lasting) is (high > 1)


def test_a_divergence_that_has_ended_is_found_and_not_lasting() -> None:
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


@pytest.mark.parametrize("drawn_every", [1, 7, 130])
def test_what_is_found_while_a_run_goes_on_is_what_is_found_in_its_whole_history(drawn_every: int) -> None:
    values = np.concatenate([FALLING, np.full(75, 4.0), FALLING[:60], np.full(93, 5.0)])
    history = MetricHistory()
    for step, value in enumerate(values.tolist()):
        history.append(report(step, loss=value, eval_loss=2 + step / 100 if step % 50 == 0 else None))
        if step == 500:
            history.append(report(20, loss=3.0))  # changes an earlier block
        if step % drawn_every == 0:
            now = losses_among(history.snapshot())
            assert findings(now) == findings(replace(now, memo={}))
    assert history.snapshot().memo


def test_a_value_that_has_changed_is_looked_at_again() -> None:
    memo: dict[Hashable, object] = {}
    diverged = np.concatenate([FALLING, np.full(100, 4.0)])
    for values in (FALLING, diverged, np.concatenate([np.full(400, 9.0), np.full(100, 4.0)])):
        train = Loss("loss", series(values))
        assert findings(Losses(train, (), 1, memo=memo)) == findings(Losses(train, (), 1))
