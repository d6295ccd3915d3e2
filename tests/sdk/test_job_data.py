"""A job's reports as a DataFrame: the same numbers as in the dashboard's exports."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.export.formats import points
from arkor_dash.metrics.history import MetricHistory
from arkor_dash.protocol.events import CheckpointSaved, TrainingCompleted, TrainingLog
from arkor_dash.sdk import open_job
from arkor_dash.sdk.job_data import JobTable
from tests.metrics.reports import report

NOON_MS = 1_763_899_200_000.0
NAN = float("nan")


def frame_of(*events: TrainingLog | CheckpointSaved | TrainingCompleted) -> pd.DataFrame:
    table = JobTable()
    for event in events:
        table.add(event)
    return table.frame()


def exported(*events: TrainingLog) -> pd.DataFrame:
    """The table of the dashboard's export, in the form of `open_job`."""
    history = MetricHistory()
    for event in events:
        history.append(event)
    history.finish()
    metrics = history.snapshot()
    table = points(metrics).to_pandas().set_index("step")
    return table[[*metrics.metrics, "timestamp"]]


def test_a_row_is_a_step_and_a_column_a_metric_in_the_order_of_first_reports() -> None:
    frame = frame_of(
        report(1, NOON_MS, loss=2.0),
        report(1, NOON_MS + 5, learning_rate=2e-5),
        CheckpointSaved(NOON_MS, 1),
        report(3, NOON_MS + 1000, loss=1.0, **{"rewards/format": 0.5}),
        report(None, NOON_MS, loss=9.0),
        TrainingCompleted(NOON_MS),
    )
    assert (frame.index.name, frame.index.dtype, frame.index.tolist()) == ("step", np.int64, [1, 3])
    assert list(frame) == ["loss", "learning_rate", "rewards/format", "timestamp"]
    assert frame["loss"].tolist() == [2.0, 1.0]
    assert frame["learning_rate"].isna().tolist() == [False, True]
    assert frame["timestamp"].tolist() == [
        pd.Timestamp("2025-11-23T12:00:00Z"),
        pd.Timestamp("2025-11-23T12:00:01Z"),
    ]


def test_the_last_value_of_a_step_stands_and_steps_that_begin_again_go_on_behind() -> None:
    phases = [report(step, NOON_MS + step, loss=step) for step in range(1, 6)]
    phases += [report(step, NOON_MS + 10 + step, loss=10 + step) for step in range(1, 4)]
    frame = frame_of(*phases, report(3, NOON_MS + 20, loss=7.0))
    assert frame["loss"].to_dict() == {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 11, 7: 12, 8: 7}


def test_a_job_without_reports_is_an_empty_table() -> None:
    frame = frame_of(TrainingCompleted(NOON_MS))
    assert (len(frame), list(frame), frame.index.name) == (0, ["timestamp"], "step")


steps = st.integers(-3, 9) | st.sampled_from([0.5, 2.0**53])
metrics = st.dictionaries(
    st.sampled_from(["loss", "eval_loss", "kl"]), st.floats() | st.sampled_from([NAN, 1.0]), max_size=3
)
times = st.none() | st.integers(0, 50).map(lambda ms: NOON_MS + ms)
reports = st.builds(lambda step, at_ms, found: report(step, at_ms, **found), steps, times, metrics)


@given(st.lists(reports, max_size=60))
def test_the_table_holds_what_the_dashboard_exports(events: list[TrainingLog]) -> None:
    found, expected = frame_of(*events), exported(*events)
    assert list(found) == list(expected)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_index_type=False)


def test_a_missing_pandas_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        open_job("job_1")


@pytest.mark.parametrize("job_id", ["", None, 7])
def test_an_id_that_is_no_text_is_refused(job_id: object) -> None:
    with pytest.raises(TypeError, match="the ID of a job"):
        open_job(job_id)
