"""The columns of the list of jobs: their values, texts and order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from arkor_dash.live.list_values import ListValues
from arkor_dash.protocol.jobs import Job
from arkor_dash.protocol.metric_summaries import MetricSummary
from arkor_dash.ui.job_columns import (
    OF_METRIC,
    Column,
    JobTable,
    Settings,
    columns_of,
    csv_rows,
    metrics_of,
    parse_column,
)

AT = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
LOSS, LOWEST = Column("last", "loss"), Column("lowest", "loss")
DURATION, PROGRESS, TAGS = Column("duration"), Column("progress"), Column("tags")
CURVE = Column("curve")
RATE = Column("setting", "optim.lr")


def job(job_id: str, status: str = "completed", after_s: float | None = 60, **fields: object) -> Job:
    completed = None if after_s is None else AT + timedelta(seconds=after_s)
    return Job(job_id, job_id, status, AT, AT, completed, **fields)  # type: ignore[arg-type]


def table(*columns: Column, jobs: tuple[Job, ...] = (), **last: Mapping[str, float]) -> JobTable:
    """A table whose metrics have these last values, by metric and job. Each was half as high at the lowest."""
    summaries = {
        name: {job_id: MetricSummary(value, value / 2, value) for job_id, value in by_job.items()}
        for name, by_job in last.items()
    }
    return JobTable(columns, Settings().of(jobs), ListValues(summaries), (AT.timestamp() + 90) * 1000)


def ids(jobs: list[Job]) -> str:
    return "".join(job.id for job in jobs)


@pytest.mark.parametrize(
    "column", [LOSS, LOWEST, DURATION, PROGRESS, TAGS, CURVE, RATE, Column("last", "a:b")]
)
def test_a_column_is_read_from_its_id(column: Column) -> None:
    assert parse_column(column.id) == column


@pytest.mark.parametrize("text", ["", "loss", "best:loss", "last:", "duration:x", "last:" + "n" * 201, ":x"])
def test_an_id_of_no_column_is_left_out(text: str) -> None:
    assert parse_column(text) is None


def test_a_metric_is_offered_with_its_last_and_its_best_value_and_the_losses_come_first() -> None:
    offered = [column.id for column in columns_of(["accuracy", "eval_loss", "grad_norm", "loss"])]
    assert offered[:4] == ["last:loss", "lowest:loss", "last:eval_loss", "lowest:eval_loss"]
    assert offered[4:] == ["last:accuracy", "highest:accuracy", *(f"{end}:grad_norm" for end in OF_METRIC)]


def test_only_the_metrics_of_the_columns_are_asked_for() -> None:
    assert metrics_of([TAGS, RATE]) == []
    assert metrics_of([CURVE]) == ["loss"]
    assert metrics_of([LOSS, LOWEST, PROGRESS]) == ["loss", "step", "epoch", "max_steps", "total_steps"]


def test_a_metric_is_shown_with_the_digits_that_it_needs() -> None:
    shown = table(LOSS, LOWEST, loss={"a": 4e-5, "b": math.nan})
    assert [shown.cell(job("a"), column) for column in shown.columns] == ["4.0000e-5", "2.0000e-5"]
    assert shown.cell(job("b"), LOSS) == "NaN"
    assert shown.cell(job("c"), LOSS) == "–"


def test_a_duration_ends_with_the_job_or_now() -> None:
    shown = table(DURATION)
    assert shown.cell(job("a"), DURATION) == "0:01:00"
    assert shown.cell(job("a", "running", None), DURATION) == "0:01:30"
    assert shown.cell(job("a", "failed", None), DURATION) == "–"
    assert shown.cell(Job("a", "a", "queued"), DURATION) == "–"


def test_progress_is_toward_the_steps_or_epochs_of_the_config_or_those_reported() -> None:
    shown = table(PROGRESS, step={"a": 50, "b": 50}, epoch={"a": 1, "c": 1}, max_steps={"b": 200})
    assert shown.cell(job("a", config={"maxSteps": 100, "numTrainEpochs": 4}), PROGRESS) == "50%"
    assert shown.cell(job("b"), PROGRESS) == "25%"
    assert shown.cell(job("c", config={"maxSteps": 100, "numTrainEpochs": 4}), PROGRESS) == "25%"
    assert shown.cell(job("a", config={"maxSteps": 10}), PROGRESS) == "100%"
    assert shown.cell(job("d", config={"maxSteps": 10}), PROGRESS) == "–"


def test_a_loss_that_is_not_finite_or_ends_high_needs_a_look() -> None:
    risen = " ".join(["3", "2", "1"] * 4 + ["4"] * 6)
    losses = {
        "a": MetricSummary(math.nan, 1.0, 3.0, "3 2 1"),
        "b": MetricSummary(4.0, 1.0, 4.0, risen),
        "c": MetricSummary(1.0, 1.0, 3.0, "3 2 1"),
    }
    shown = JobTable((), {}, ListValues({"loss": losses}), 0.0)
    assert [shown.warning(job(job_id)) for job_id in "abcd"] == [
        "The latest loss is not finite: NaN.",
        "The loss stays far above its best value.",
        "",
        "",
    ]


def test_a_curve_is_shown_in_words_and_heights_sorted_by_its_last_value_and_not_exported() -> None:
    curves = {"a": "3 1 2", "b": "0.5", "c": ""}
    summaries = {job_id: MetricSummary(2.0, 1.0, 3.0, curve) for job_id, curve in curves.items()}
    jobs = [job(job_id) for job_id in "abcd"]
    listed = {"loss": {**summaries, "b": MetricSummary(0.5, 0.5, 0.5, "0.5")}}
    shown = JobTable((CURVE, LOSS), {}, ListValues(listed), 0.0)
    assert shown.cell(jobs[0], CURVE) == ("From 3.0000 to 2.0000", (100, 0, 50))
    assert shown.cell(jobs[1], CURVE) == ("From 0.5000 to 0.5000", (50,))
    assert shown.cell(jobs[2], CURVE) == shown.cell(jobs[3], CURVE) == "–"
    assert ids(shown.ordered(jobs, "curve")) == "bacd"
    header, rows = csv_rows(shown, jobs)
    assert header[4:] == ["loss, last"]
    assert [row[4:] for row in rows] == [[2.0], [0.5], [2.0], [None]]


def test_columns_that_no_job_has_a_value_in_are_left_out_and_so_are_durations_alone() -> None:
    jobs = [job("a"), job("b", config={"maxSteps": 10})]
    known = table(LOSS, LOWEST, PROGRESS, DURATION, CURVE, loss={"a": 2.0})
    assert known.without_empty_columns(jobs).columns == [LOSS, LOWEST, DURATION]
    assert known.without_empty_columns(jobs[1:]).columns == []
    assert table(TAGS, DURATION).without_empty_columns(jobs).columns == []


def test_jobs_are_ordered_by_a_column_from_either_end_and_those_without_a_value_are_last() -> None:
    jobs = [job(job_id) for job_id in "abcd"]
    shown = table(LOSS, loss={"a": 2.0, "b": math.nan, "c": 10.0, "d": -1.0})
    assert ids(shown.ordered(jobs, "last:loss")) == "dacb"
    assert ids(shown.ordered(jobs, "-last:loss")) == "cadb"
    for other in ("", "lowest:loss", "-x"):
        assert ids(shown.ordered(jobs, other)) == "abcd"


def test_settings_are_ordered_as_numbers_before_texts() -> None:
    values = {"a": "auto", "b": 2e-4, "c": 10, "d": "9", "e": None}
    jobs = tuple(job(job_id, config={"optim": {"lr": value}}) for job_id, value in values.items())
    shown = table(RATE, jobs=(*jobs, job("f")))
    assert ids(shown.ordered((*jobs, job("f")), "setting:optim.lr")) == "bdcaef"
    assert shown.cell(jobs[1], RATE) == "0.0002"


def test_the_fixed_columns_order_jobs_too() -> None:
    jobs = [
        Job("1", "b", "running", AT),
        Job("2", "A", "failed", AT - timedelta(days=1)),
        Job("3", "", "queued"),
    ]
    shown = table()
    assert ids(shown.ordered(jobs, "created")) == "213"
    assert ids(shown.ordered(jobs, "-name")) == "123"
    assert ids(shown.ordered(jobs, "status")) == "231"
    assert ids(shown.ordered(jobs, "-id")) == "321"


def test_settings_of_one_list_are_computed_once() -> None:
    settings, jobs = Settings(), (job("a", config={"x": 1}),)
    assert settings.of(jobs) is settings.of(jobs)
    assert settings.of((job("b", config={"y": 1}),)) == {"b": {"y": "1"}}


def test_the_export_has_the_full_values() -> None:
    jobs = (job("a", tags=("x", "y"), config={"optim": {"lr": 1e-5}}), Job("b", "b", "queued"))
    shown = table(LOSS, DURATION, TAGS, RATE, jobs=jobs, loss={"a": 1 / 3})
    header, rows = csv_rows(shown, jobs)
    assert header == ["Status", "Name", "Created", "ID", "loss, last", "Duration", "Tags", "optim.lr"]
    assert rows[0] == ["completed", "a", "2026-11-23T11:00:00+00:00", "a", 1 / 3, 60.0, "x, y", "1e-05"]
    assert rows[1] == ["queued", "b", None, "b", None, None, None, None]
