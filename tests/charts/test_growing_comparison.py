"""Comparisons that grow: the same as those that are drawn anew."""

from __future__ import annotations

import random

import pytest

from arkor_dash.charts.compared_runs import Run, chart_of
from arkor_dash.charts.comparison import comparison_figure
from arkor_dash.charts.curve import View
from arkor_dash.charts.growing_comparison import GrowingComparison
from arkor_dash.charts.growing_figure import Received
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.charts.x_axis import ELAPSED, STEP, TIME_OF_DAY, x_axis
from arkor_dash.metrics.history import MetricHistory
from tests.metrics.reports import report

from .received_chart import ReceivedChart, lines, of_figure
from .runs import run
from .test_growing_chart import assert_same_points


def runs_of(histories: list[MetricHistory], kind: str) -> list[Run]:
    snapshots = [history.snapshot() for history in histories]
    return [run(f"run {i}", each, axis=x_axis(kind, each, None)) for i, each in enumerate(snapshots)]


@pytest.mark.parametrize("kind", [STEP, ELAPSED, TIME_OF_DAY])
@pytest.mark.parametrize("smoothing", [0.0, 0.6])
@pytest.mark.parametrize("view", [View(), View((3.0, 9.5))])
def test_a_comparison_that_has_grown_equals_one_that_is_drawn_anew(
    kind: str, smoothing: float, view: View
) -> None:
    chance, histories = random.Random(3), [MetricHistory() for _ in range(3)]
    chart, browser = GrowingComparison(smoothing, view, LIGHT), ReceivedChart()
    received: Received | None = None
    for step in range(1, 60):
        for history in chance.sample(histories, 2):
            at = step if chance.random() < 0.95 else step - 0.5
            loss, eval_loss = chance.uniform(1, 9), 2.0 if step % 7 == 0 else None
            history.append(report(at, 1e12 + 1000 * at, loss=loss, eval_loss=eval_loss))
        runs = runs_of(histories, kind)
        charts = [chart_of("loss", runs)]
        chart.update(lambda: (runs, charts))  # noqa: B023
        message, received = chart.message(received)
        browser.receive(message)
        fresh = of_figure(wire_json(comparison_figure(runs, charts, smoothing, view, LIGHT)))
        assert_same_points(browser.lines(), lines(fresh))
    assert browser.base < 59 or view.x_range


def test_further_points_of_a_comparison_are_sent_without_the_figure() -> None:
    histories = [MetricHistory() for _ in range(2)]
    for step in range(1000):
        for history in histories:
            history.append(report(step, loss=1 + step % 5))
    runs = runs_of(histories, STEP)
    charts = [chart_of("loss", runs)]
    chart = GrowingComparison(0.0, View(), LIGHT)
    chart.update(lambda: (runs, charts))
    _, received = chart.message(None)
    histories[1].append(report(1000, loss=2.0))
    later = runs_of(histories, STEP)
    chart.update(lambda: (later, charts))
    message, _ = chart.message(received)
    assert message["figure"] is None
    assert [*message["added"]] == ["line-001"]
    assert len(repr(message)) < 420
