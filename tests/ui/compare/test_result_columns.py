"""The columns of the table of results and settings."""

from __future__ import annotations

import csv
import math

from arkor_dash.export.table_csv import table_csv
from arkor_dash.ui.compare.result_columns import MISSING, Column, columns, csv_rows
from tests.charts.runs import reported, run
from tests.metrics.reports import metrics_of, report


def texts(found: list[Column]) -> dict[str, list[str]]:
    return {column.label: [cell.text for cell in column.cells] for column in found}


def values(found: list[Column]) -> dict[str, list[object]]:
    return {column.label: [cell.value for cell in column.cells] for column in found}


def numbers(found: list[Column]) -> list[str]:
    return [column.label for column in found if column.is_number]


def test_the_results_are_the_final_and_the_best_value_and_its_step() -> None:
    runs = [run("a", reported(loss=[3, 1, 2], eval_loss=[2.5, 2.25])), run("b", reported(loss=[4]))]
    found = columns(runs, ["loss", "eval_loss"])
    assert texts(found) == {
        "Job": ["a", "b"],
        "Status": ["Completed", "Completed"],
        "Duration": ["–", "–"],
        "loss, last": ["2.0000", "4.0000"],
        "loss, lowest": ["1.0000", "4.0000"],
        "loss, at step": ["2", "1"],
        "eval_loss, last": ["2.2500", "–"],
        "eval_loss, lowest": ["2.2500", "–"],
        "eval_loss, at step": ["2", "–"],
    }
    assert values(found)["eval_loss, lowest"] == [2.25, None]
    assert numbers(found) == list(texts(found))[2:]


def test_the_best_value_is_the_highest_one_where_the_name_says_so_and_both_where_it_does_not() -> None:
    found = texts(columns([run("a", reported(reward=[1, 3, 2], kl=[1, 3, 2]))], ["reward", "kl"]))
    assert found["reward, highest"] == ["3.0000"]
    assert found["reward, at step"] == ["2"]
    assert [label for label in found if label.startswith("kl")] == ["kl, last", "kl, lowest", "kl, highest"]


def test_results_have_the_digits_of_the_charts_and_keep_their_full_values() -> None:
    found = columns(
        [run("a", reported(loss=[3.21e-5], tokens=[2e12], acc=[1 / 3]))], ["loss", "tokens", "acc"]
    )
    assert [texts(found)[f"{name}, last"] for name in ("loss", "tokens", "acc")] == [
        ["3.2100e-5"],
        ["2.0000e+12"],
        ["0.3333"],
    ]
    assert values(found)["acc, last"] == [1 / 3]


def test_a_metric_that_no_run_reports_has_no_columns() -> None:
    assert len(columns([run("a", reported(loss=[1]))], ["reward"])) == 3


def test_a_final_value_that_is_not_finite_is_kept() -> None:
    found = columns([run("a", metrics_of(report(1, loss=1.0), report(2, loss=math.inf)))], ["loss"])
    assert (texts(found)["loss, last"], values(found)["loss, last"]) == (["Infinity"], [math.inf])


def test_where_a_last_value_is_not_finite_the_last_finite_one_is_beside_it_with_its_step() -> None:
    diverged = metrics_of(report(1, loss=3.0), report(2, loss=1.5), report(3, loss=math.nan))
    runs = [run("a", diverged), run("b", reported(loss=[4])), run("c", reported(loss=[math.inf])), run("d")]
    found = columns(runs, ["loss"])
    assert list(texts(found))[3:6] == ["loss, last", "loss, last finite", "loss, last finite at step"]
    assert texts(found)["loss, last"] == ["NaN", "4.0000", "Infinity", "–"]
    assert texts(found)["loss, last finite"] == ["1.5000", "4.0000", "–", "–"]
    assert texts(found)["loss, last finite at step"] == ["2", "1", "–", "–"]
    header, (row, *_) = csv_rows(found)
    assert dict(zip(header, row, strict=True))["loss, last finite"] == 1.5


def test_settings_are_numbers_if_all_runs_have_numbers_and_text_otherwise() -> None:
    runs = [
        run("a", lr="1e-05", seed="1", optim="adamw", big=str(2**60 + 1), mixed="1"),
        run("b", lr="0.0001", seed="2", optim="lion", big=str(2**60 + 1), mixed="auto"),
        run("c", lr="2e-4", optim="x" * 500),
    ]
    found = columns(runs, [], ["lr", "seed", "optim", "big", "mixed"])
    assert numbers(found) == ["Duration", "lr", "seed"]
    assert texts(found)["lr"] == ["1e-05", "0.0001", "2e-4"]
    assert texts(found)["optim"] == ["adamw", "lion", "x" * 200 + "…"]
    assert {name: values(found)[name] for name in ("lr", "seed", "big", "mixed")} == {
        "lr": [1e-5, 1e-4, 2e-4],
        "seed": [1, 2, None],
        "big": ["1152921504606846977", "1152921504606846977", None],
        "mixed": ["1", "auto", None],
    }
    assert all(isinstance(value, int) for value in values(found)["seed"][:2])
    assert values(found)["optim"][-1] == "x" * 500


def test_a_setting_that_is_called_like_another_column_has_a_label_of_its_own() -> None:
    runs = [run("a", reported(loss=[1]), **{"Status": "x", "loss, last": "y"})]
    labels = list(texts(columns(runs, ["loss"], ["Status", "loss, last"])))
    assert labels[-2:] == ["Status (2)", "loss, last (2)"]
    assert len(set(labels)) == len(labels)


def test_the_duration_of_a_running_job_counts_on_and_is_exported_in_seconds() -> None:
    runs = [run("a", duration_s=65.9), run("b", duration_s=100_000.0, running_since_ms=5.0), run("c")]
    (duration,) = (column for column in columns(runs, []) if column.label == "Duration")
    assert [cell.text for cell in duration.cells] == ["0:01:05", "1 day, 3:46:40", "–"]
    assert [cell.value for cell in duration.cells] == [65.9, 100_000.0, None]
    assert [cell.since_ms for cell in duration.cells] == [None, 5.0, None]
    assert duration.cells[2] is MISSING


def test_the_exported_table_has_numbers_and_marks_formulas() -> None:
    runs = [run("=1+1", reported(loss=[1 / 3]), duration_s=65.5, status="running", lr="1e-05", note="+x")]
    header, rows = csv_rows(columns(runs, ["loss"], ["lr", "note"]))
    assert rows == [["=1+1", "running", 65.5, 1 / 3, 1 / 3, 1, 1e-5, "+x"]]
    lines = list(csv.reader(table_csv(header, rows).decode("utf-8-sig").splitlines()))
    assert dict(zip(*lines, strict=True)) == {
        "Job": "'=1+1",
        "Status": "running",
        "Duration": "65.5",
        "loss, last": str(1 / 3),
        "loss, lowest": str(1 / 3),
        "loss, at step": "1",
        "lr": "1e-05",
        "note": "'+x",
    }


def test_a_csv_file_names_values_that_are_not_finite_as_the_table_does() -> None:
    diverged = metrics_of(report(1, loss=1.0), report(2, loss=math.nan))
    shown = columns([run("a", diverged)], ["loss"])
    _, (row,) = csv_rows(shown)
    assert row[3] == shown[3].cells[0].text == "NaN"
