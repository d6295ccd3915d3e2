"""The columns of the table of results and settings."""

from __future__ import annotations

import math

import pytest

from arkor_dash.ui.compare.result_columns import Column, columns, durations
from tests.charts.runs import reported, run
from tests.metrics.reports import metrics_of, report


def by_label(found: list[Column]) -> dict[str, tuple[list[object], str | None]]:
    return {
        column.label: (
            column.values.astype(object).where(column.values.notna(), None).tolist(),
            column.format,
        )
        for column in found
    }


def test_the_results_are_the_final_and_the_best_value_and_its_step() -> None:
    runs = [run("a", reported(loss=[3, 1, 2], eval_loss=[2.5, 2.25])), run("b", reported(loss=[4]))]
    found = by_label(columns(runs, ["loss", "eval_loss"], []))
    assert list(found) == [
        "Job",
        "Status",
        "Duration",
        "loss, last",
        "loss, lowest",
        "loss, at step",
        "eval_loss, last",
        "eval_loss, lowest",
        "eval_loss, at step",
    ]
    assert found["Job"] == (["a", "b"], None)
    assert found["Status"] == (["Completed", "Completed"], None)
    assert found["loss, last"] == ([2, 4], "%.4f")
    assert found["loss, lowest"] == ([1, 4], "%.4f")
    assert found["loss, at step"] == ([2, 1], "%.15g")
    assert found["eval_loss, lowest"] == ([2.25, None], "%.4f")


def test_the_best_value_is_the_highest_one_where_the_name_says_so_and_both_where_it_does_not() -> None:
    found = by_label(columns([run("a", reported(reward=[1, 3, 2], kl=[1, 3, 2]))], ["reward", "kl"], []))
    assert found["reward, highest"] == ([3], "%.4f")
    assert found["reward, at step"] == ([2], "%.15g")
    assert [label for label in found if label.startswith("kl")] == ["kl, last", "kl, lowest", "kl, highest"]


def test_small_and_large_results_get_significant_digits() -> None:
    found = by_label(columns([run("a", reported(loss=[3.21e-5], tokens=[2e12]))], ["loss", "tokens"], []))
    assert found["loss, last"] == ([3.21e-5], "%.5g")
    assert found["tokens, last"] == ([2e12], "%.5g")


def test_a_metric_that_no_run_reports_has_no_columns() -> None:
    assert len(columns([run("a", reported(loss=[1]))], ["reward"], [])) == 3


def test_a_final_value_that_is_not_finite_is_kept() -> None:
    found = columns([run("a", metrics_of(report(1, loss=1.0), report(2, loss=math.inf)))], ["loss"], [])
    assert found[3].values.tolist() == [math.inf]


def test_settings_are_numbers_if_all_runs_have_numbers_and_text_otherwise() -> None:
    runs = [
        run("a", lr="1e-05", seed="1", optim="adamw", big=str(2**60 + 1), mixed="1"),
        run("b", lr="0.0001", seed="2", optim="lion", big=str(2**60 + 1), mixed="auto"),
        run("c", lr="2e-4", optim="x" * 500),
    ]
    found = by_label(columns(runs, [], ["lr", "seed", "optim", "big", "mixed"]))
    assert found["lr"] == ([1e-5, 1e-4, 2e-4], "%.15g")
    assert found["seed"] == ([1, 2, None], "%d")
    assert found["optim"] == (["adamw", "lion", "x" * 200 + "…"], None)
    assert found["big"] == (["1152921504606846977", "1152921504606846977", None], None)
    assert found["mixed"] == (["1", "auto", None], None)


def test_a_setting_that_is_called_like_another_column_has_a_label_of_its_own() -> None:
    runs = [run("a", reported(loss=[1]), **{"Status": "x", "loss, last": "y"})]
    labels = list(by_label(columns(runs, ["loss"], ["Status", "loss, last"])))
    assert labels[-2:] == ["Status (2)", "loss, last (2)"]
    assert len(set(labels)) == len(labels)


def test_durations_are_sorted_by_their_texts() -> None:
    texts = durations([65.9, 3_725, 40 * 3600, None])
    assert texts == ["00:01:05", "01:02:05", "40:00:00", None]


@pytest.mark.parametrize("seconds", [1e300, math.inf, math.nan])
def test_a_duration_without_end_is_left_out(seconds: float) -> None:
    assert durations([seconds]) == [None]
