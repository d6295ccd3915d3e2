"""The metrics in which several runs can be compared."""

from __future__ import annotations

from arkor_dash.metrics.compared import compared_metrics, main_eval, main_metric

from .reports import metrics_of, report


def test_the_metrics_of_all_runs_are_listed_losses_first_then_by_group() -> None:
    first = metrics_of(report(1, **{"rewards/b": 1.0, "kl": 0.1, "loss": 1.0, "epoch": 0.1}))
    second = metrics_of(report(1, **{"rewards/a": 1.0, "eval_x_loss": 2.0, "lr": 1e-4}))
    assert compared_metrics([first, second]) == [
        "loss",
        "eval_x_loss",
        "kl",
        "lr",
        "rewards/b",
        "rewards/a",
    ]


def test_the_eval_loss_that_most_runs_report_is_compared() -> None:
    runs = [
        metrics_of(report(1, eval_a_loss=1.0, eval_b_loss=1.0)),
        metrics_of(report(1, eval_b_loss=1.0, eval_loss=1.0)),
        metrics_of(report(1, loss=1.0)),
    ]
    assert main_eval(runs) == "eval_b_loss"


def test_an_eval_loss_without_a_set_precedes_one_that_is_as_common() -> None:
    runs = [metrics_of(report(1, eval_a_loss=1.0, eval_loss=1.0)) for _ in range(2)]
    assert main_eval(runs) == "eval_loss"


def test_runs_without_evaluations_have_no_eval_loss() -> None:
    assert main_eval([metrics_of(report(1, loss=1.0))]) is None


def test_runs_are_judged_by_the_loss_that_most_of_them_report() -> None:
    both, train = metrics_of(report(1, loss=1.0, eval_loss=1.0)), metrics_of(report(1, loss=1.0))
    assert main_metric([both, both]) == "eval_loss"
    assert main_metric([both, train]) == "loss"
    assert main_metric([metrics_of(report(1, reward=1.0))]) == "reward"
    assert main_metric([metrics_of()]) is None
