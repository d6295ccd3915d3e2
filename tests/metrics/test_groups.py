"""The groups of the metrics, and the search among them."""

from __future__ import annotations

import pytest

from arkor_dash.metrics.groups import MetricGroup, group_of, metric_groups, name_in_group
from arkor_dash.metrics.losses import EVAL_SETS

NAMES = [
    "loss",
    "rewards/format",
    "epoch",
    "kl",
    "eval_loss",
    "eval_f1",
    "system/gpu",
    "rewards/length",
    "eval/acc",
]


def test_metrics_are_grouped_by_their_prefix() -> None:
    assert metric_groups(NAMES) == [
        MetricGroup("", ("kl",)),
        MetricGroup("rewards", ("rewards/format", "rewards/length")),
        MetricGroup("eval", ("eval_f1", "eval/acc")),
        MetricGroup("system", ("system/gpu",)),
    ]


def test_the_losses_and_what_the_page_shows_elsewhere_are_left_out() -> None:
    assert metric_groups(["loss", "eval_loss", "eval_a_loss", "epoch", "max_steps"]) == []


def test_the_losses_of_more_evaluation_sets_than_the_loss_chart_draws_are_metrics() -> None:
    names = [f"eval_{number}_loss" for number in range(EVAL_SETS + 1)]
    assert metric_groups(names) == [MetricGroup("eval", (names[-1],))]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("reward|KL", ["kl", "rewards/format", "rewards/length"]),
        (" f1 | ", ["eval_f1"]),
        ("(a+)+$", []),
        ("|", ["kl", "rewards/format", "rewards/length", "eval_f1", "eval/acc", "system/gpu"]),
    ],
)
def test_a_search_finds_the_metrics_that_contain_one_of_its_texts(search: str, found: list[str]) -> None:
    assert [name for group in metric_groups(NAMES, search) for name in group.metrics] == found


@pytest.mark.parametrize(
    ("name", "group", "rest"),
    [
        ("rewards/format/mean", "rewards", "format/mean"),
        ("eval_f1", "eval", "f1"),
        ("grad_norm", "", "grad_norm"),
        ("/odd", "", "/odd"),
        ("trainer/x", "trainer", "x"),
    ],
)
def test_a_metric_has_a_group_and_a_name_in_it(name: str, group: str, rest: str) -> None:
    assert (group_of(name), name_in_group(name)) == (group, rest)
