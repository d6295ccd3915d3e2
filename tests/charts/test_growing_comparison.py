"""Comparisons that grow: the same as those that are drawn anew."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from arkor_dash.charts.compared_runs import Chart, Run, chart_of
from arkor_dash.charts.comparison import comparison
from arkor_dash.charts.comparison_figure import comparison_figure
from arkor_dash.charts.curve import CurveOptions, View
from arkor_dash.charts.growing_comparison import GrowingComparison
from arkor_dash.charts.growing_figure import Received
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.charts.x_axis import ELAPSED, STEP, TIME_OF_DAY, x_axis
from arkor_dash.metrics.history import MetricHistory
from tests.metrics.reports import report

from .received_chart import ReceivedChart, lines, of_figure, row_labels
from .runs import run
from .test_growing_chart import assert_same_points


def runs_of(histories: list[MetricHistory], kind: str) -> list[Run]:
    snapshots = [history.snapshot() for history in histories]
    return [run(f"run {i}", each, axis=x_axis(kind, each, None)) for i, each in enumerate(snapshots)]


CHANGES = {
    "plain": {},
    "smoothed": {"smoothing": 0.6},
    "log": {"log_y": True},
    "clipped": {"clip": True},
}


class Growing:
    """Runs, the comparison of them that viewers share, and a browser that shows it."""

    def __init__(self, count: int, kind: str = STEP, view: View | None = None, **options: Any) -> None:
        self.histories = [MetricHistory() for _ in range(count)]
        self.view, self._kind, self._options = view or View(), kind, CurveOptions(**options)
        self.chart, self.browser = GrowingComparison(self._options, self.view, LIGHT), ReceivedChart()
        self.received: Received | None = None

    def report(self, number: int, step: float, **values: float | None) -> None:
        self.histories[number].append(report(step, 1e12 + 1000 * step, **values))

    def content(self) -> tuple[list[Run], list[Chart]]:
        runs = runs_of(self.histories, self._kind)
        return runs, [chart_of("loss", runs), Chart(("kl",))]

    def draw(self) -> dict[str, Any]:
        """Send what is new to the browser. Returns the message."""
        content = self.content()
        self.chart.update(lambda: content)
        message, self.received = self.chart.message(self.received)
        self.browser.receive(message)
        return message

    def fresh(self) -> dict[str, Any]:
        """The figure that is drawn anew."""
        drawn = comparison(*self.content(), self.view, self._options)
        return wire_json(comparison_figure(drawn, LIGHT, self.view.width_px))

    def shown_labels(self) -> dict[tuple[str, float], str]:
        traces = self.browser.traces
        return row_labels([traces[uid] for uid in sorted(traces)])


@pytest.mark.parametrize("kind", [STEP, ELAPSED, TIME_OF_DAY])
@pytest.mark.parametrize("options", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("seconds", [None, (3.0, 9.5), (3.0, 1e6)])
def test_a_comparison_that_has_grown_equals_one_that_is_drawn_anew(
    kind: str, options: dict[str, Any], seconds: tuple[float, float] | None
) -> None:
    in_view = seconds and tuple(1e12 + 1000 * each if kind == TIME_OF_DAY else each for each in seconds)
    chance, growing = random.Random(3), Growing(3, kind, View(in_view), **options)
    for step in range(1, 60):
        for number in chance.sample(range(3), 2):
            at = step if chance.random() < 0.95 else step - 0.5
            loss = math.nan if chance.random() < 0.1 else chance.uniform(-1, 9)
            growing.report(number, at, loss=loss, eval_loss=2.0 if step % 7 == 0 else None, kl=loss)
        growing.draw()
        if step % 10 == 0:  # a value that comes after another one of its step
            growing.report(0, step, eval_loss=3.0)
            growing.draw()
        if step % 3:
            continue
        fresh = growing.fresh()
        assert_same_points(growing.browser.lines(), lines(of_figure(fresh)))
        assert growing.shown_labels() == row_labels(of_figure(fresh))
        assert growing.browser.rest["layout"]["yaxis"] == fresh["layout"]["yaxis"]
    assert growing.browser.base < 50 or seconds


def test_further_points_of_a_comparison_are_sent_without_the_figure() -> None:
    growing = Growing(2)
    for step in range(1000):
        for number in range(2):
            growing.report(number, step, loss=1 + step % 5)
    growing.draw()
    growing.report(1, 1000, loss=2.0)
    growing.draw()
    growing.report(0, 1000, loss=2.0)
    message = growing.draw()
    assert message["figure"] is None
    assert message["rest"] is None
    assert [*message["added"]] == ["1-00-00-1-line-00", "2-00-11"]
    assert message["note"] == "showing 2,002 of 2,002 points"
    assert len(repr(message)) < 480


def test_a_run_that_catches_up_is_added_to_the_labels_of_the_others() -> None:
    growing = Growing(2)
    for step in range(10):
        growing.report(0, step, loss=float(step))
    for step in (0, 1):
        growing.report(1, step, loss=7.0)
    growing.draw()
    growing.report(1, 4, loss=8.0)
    message = growing.draw()
    assert message["figure"] is None
    labels = {x: text.split("\n")[1:] for (_, x), text in growing.shown_labels().items()}
    assert labels[3] == ["run 0 3.0000", "run 1 7.0000"]
    assert labels[4] == ["run 0 4.0000", "run 1 8.0000"]
    assert labels[5] == ["run 0 5.0000"]


def test_the_note_says_for_each_chart_what_its_axis_leaves_out() -> None:
    growing = Growing(2, log_y=True, clip=True)
    for step in range(1, 1001):
        growing.report(0, step, loss=float(step), kl=-1.0 if step == 1 else 1.0)
        growing.report(1, step, loss=math.nan if step == 7 else float(step))
    growing.draw()
    assert growing.browser.note == (
        "showing 2,999 of 2,999 points · 1 value not finite · axis clipped to the 1st–99th percentile, "
        "39 of loss, 1 of kl outside · 1 of kl at or below 0 not on the log scale"
    )


def test_a_label_is_sent_once_for_each_point_while_an_evaluation_waits() -> None:
    growing = Growing(1)
    for step in range(300):
        growing.report(0, step, loss=1.0, eval_loss=2.0 if step < 2 else None)
    growing.draw()
    growing.report(0, 300, loss=1.0, eval_loss=2.5)
    message = growing.draw()
    assert [len(each["x"]) for each in message["added"].values()] == [1, 1, 1]
