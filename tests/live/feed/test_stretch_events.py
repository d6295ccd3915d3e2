from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings

from arkor_dash.columns.stretch import unpack
from arkor_dash.columns.stretch_writer import write_stretch
from arkor_dash.errors import MalformedError
from arkor_dash.live.feed.stretch_events import read_stretch
from arkor_dash.metrics.reports import Reports
from arkor_dash.protocol.events import TrainingLog, parse_event
from tests.columns.test_stretch import HISTORIES

Report = tuple[float | None, float | None, dict[str, float]]
"""The step, the time and the metrics of a report."""


def one_by_one(events: Sequence[tuple[str, str]]) -> list[Report]:
    """The reports as `parse_event` reads them."""
    found: list[Report] = []
    for name, data in events:
        try:
            event = parse_event(name, data)
        except MalformedError:
            continue
        if isinstance(event, TrainingLog):
            step = None if event.step is None else float(event.step)
            found.append((step, event.emitted_at_ms, dict(event.metrics)))
    return found


def in_columns(reports: Reports) -> list[Report]:
    metrics: list[dict[str, float]] = [{} for _ in range(len(reports))]
    for name, points in reports.metrics.items():
        assert (np.diff(points.rows) > 0).all()
        for row, value in zip(points.rows.tolist(), points.values.tolist(), strict=True):
            metrics[row][name] = value
    steps, times = (
        [None if math.isnan(each) else each for each in column.tolist()]
        for column in (reports.steps, reports.at_ms)
    )
    return list(zip(steps, times, metrics, strict=True))


@given(HISTORIES)
@settings(max_examples=150)
def test_reports_in_columns_have_the_values_that_each_of_them_is_read_with(
    events: list[tuple[str, str]],
) -> None:
    reports = read_stretch(unpack(write_stretch(1, events))).reports
    expected = one_by_one(events)
    assert list(reports.metrics) == list(dict.fromkeys(name for *_, metrics in expected for name in metrics))
    in_order = [
        (step, at_ms, {name: metrics[name] for name in reports.metrics if name in metrics})
        for step, at_ms, metrics in expected
    ]
    assert repr(in_columns(reports)) == repr(in_order)
