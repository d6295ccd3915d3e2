"""Exported files hold the job's values, as other programs read them."""

from __future__ import annotations

import io
import json
import math
import re

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.errors import ExportError
from arkor_dash.export import formats
from arkor_dash.export.formats import (
    chart_html,
    event_log,
    events_jsonl,
    points,
    points_csv,
    points_parquet,
    system_csv,
)
from arkor_dash.metrics.history import Metrics
from arkor_dash.sources import Frame
from tests.metrics.reports import metrics_of, report

NAN, INF = math.nan, math.inf
Reports = list[tuple[float, float | None, float | None]]
steps = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
losses = st.none() | st.floats()


def log(**fields: object) -> Frame:
    return Frame("7", "training.log", json.dumps({"timestamp": "2026-11-23T11:37:28.453Z", **fields}))


def run_of(reports: Reports) -> Metrics:
    return metrics_of(*(report(step, loss=loss, eval_loss=evals) for step, loss, evals in reports))


@given(st.lists(st.tuples(steps, losses, losses), max_size=30))
def test_every_step_has_its_last_reported_losses(reports: Reports):
    expected: dict[float, list[float | None]] = {}
    for step, *values in reports:
        known = expected.setdefault(float(step), [None, None])
        for column, value in enumerate(values):
            if value is not None:
                known[column] = value

    for table in (
        points(run_of(reports)),
        pyarrow.parquet.read_table(io.BytesIO(points_parquet(run_of(reports)))),
    ):
        rows = table.to_pydict()
        assert rows["step"] == sorted(expected)
        read_back = [list(pair) for pair in zip(rows["loss"], rows["eval_loss"], strict=True)]
        # A NaN equals itself as text.
        assert str(read_back) == str([expected[step] for step in sorted(expected)])


@given(st.lists(st.tuples(steps, losses, losses), max_size=30))
def test_the_csv_has_the_same_numbers_to_the_last_bit(reports: Reports):
    text = points_csv(run_of(reports)).decode()
    table = points(run_of(reports)).to_pydict()
    header, *lines = text.splitlines()

    assert header == "step,loss,eval_loss,timestamp"
    assert re.fullmatch(r"[-+0-9.einfa,\n]*", "\n".join(lines))
    read_back = [[float(cell) if cell else None for cell in line.split(",")] for line in lines]
    columns = (table[name] for name in ("step", "loss", "eval_loss", "timestamp"))
    assert str(read_back) == str([[float(step), *rest] for step, *rest in zip(*columns, strict=True)])


def test_a_csv_has_the_expected_bytes():
    text = points_csv(
        metrics_of(
            report(2, 1764147600123.0, loss=0.5, **{"rewards/format": 4e-5}),
            report(1, loss=NAN, eval_loss=0.25),
            report(3, 1e300, loss=-INF, eval_loss=INF, **{'a "b", c': 1.0}),
        )
    )

    assert text == (
        b'step,loss,eval_loss,timestamp,rewards/format,"a ""b"", c"\n'
        b"1,nan,0.25,,,\n"
        b"2,0.5,,2025-11-26 09:00:00.123Z,0.00004,\n"
        b"3,-inf,inf,,,1\n"
    )
    frame = pd.read_csv(io.BytesIO(text))
    assert frame.step.dtype == np.int64
    assert frame.loss.tolist()[1:] == [0.5, -INF]


@pytest.mark.parametrize("name", ['=HYPERLINK("http://host/")', "+cmd", "-cmd", "@cmd", "\t=cmd", "\r=cmd"])
def test_no_spreadsheet_takes_the_name_of_a_metric_for_a_formula(name: str):
    found = metrics_of(report(1, **{name: 0.5}))
    for text in (points_csv(found), system_csv(found)):
        assert pd.read_csv(io.BytesIO(text)).columns[-1] == f"'{name}"


def test_a_job_without_metrics_has_no_rows():
    assert points_csv(metrics_of()) == b"step,loss,eval_loss,timestamp\n"
    assert points(metrics_of()).num_rows == 0


def test_each_event_is_a_line_of_json_with_the_data_that_the_source_sent():
    frames = [
        Frame("1", "training.started", '{"config": {"model": "é\u2028"}}'),
        Frame(None, "training.log", '{"loss": NaN}'),
        Frame("\ud800", "training.log", "no json\n{"),
    ]
    lines = events_jsonl(frames).decode().split("\n")

    assert lines.pop() == ""
    assert [json.loads(line) for line in lines[:1]] == [
        {"id": "1", "event": "training.started", "data": {"config": {"model": "é\u2028"}}}
    ]
    assert lines[1] == '{"event": "training.log", "data": {"loss": NaN}}'
    assert json.loads(lines[2]) == {"id": "\ud800", "event": "training.log", "data": "no json\n{"}


def test_the_log_has_a_line_for_each_event_as_the_page_shows_it():
    frames = [
        log(step=1, loss=2.5, evalLoss=math.nan),
        Frame(
            None, "training.failed", '{"error": "Out of memory\\nTraceback\\n2026 training.log fake \\ud800"}'
        ),
        Frame(None, "training.log", "[]"),
        Frame(None, "ping", "{}"),
        Frame(None, "training.completed", "{}"),
    ]

    assert event_log(frames).decode().splitlines() == [
        "2026-11-23T11:37:28.453Z  training.log        step=1 loss=2.5000 evalLoss=NaN",
        "-                         training.failed     Out of memory",
        "    Traceback",
        "    2026 training.log fake ?",
        "-                         training.log        malformed: expected a JSON object, got '[]'",
        "-                         training.completed  0 artifacts",
    ]


@pytest.mark.parametrize(
    ("timestamp", "shown"),
    [
        ("9999-12-31T23:59:59.999999Z", "-"),  # rounds to the year 10000, which Python has no date for
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ("9999-12-31T00:00:00Z", "9999-12-31T00:00:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("0001-01-01T00:00:00+01:00", "-"),
    ],
)
def test_an_event_of_any_time_is_in_the_log(timestamp: str, shown: str):
    assert (
        event_log([log(timestamp=timestamp, step=1)]).decode() == f"{shown:<24}  training.log        step=1\n"
    )


def test_a_file_that_would_be_too_large_is_refused_while_it_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(formats, "TEXT_LIMIT", 1000)

    frame = Frame(None, "training.log", '{"step": 1}')
    line = events_jsonl([frame])
    assert events_jsonl([frame] * (1000 // len(line))) == line * (1000 // len(line))
    with pytest.raises(ExportError, match="Save a compressed recording instead"):
        events_jsonl(frame for _ in iter(int, 1))


def test_the_chart_page_is_self_contained_and_runs_no_script_of_the_job():
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    figure = {"data": [{"type": "scatter", "x": [1, 2], "y": [2.0, 1.0], "name": evil}], "layout": {}}
    page = chart_html(figure, f"{evil} \ud800").decode()
    own = page.replace(plotly_js(page), "")

    assert len(page) > 1_000_000
    assert "alert(1)</script>" not in own
    assert "<img" not in own
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", own)


def plotly_js(page: str) -> str:
    """The largest script of a page: plotly.js."""
    return max(re.findall(r"<script.*?</script>", page, re.S), key=len)
