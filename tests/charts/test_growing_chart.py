"""Charts that grow: what a browser shows after any messages of two ways, in any order, with losses."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arkor_dash.charts import growth
from arkor_dash.charts.curve import PLAIN, CurveOptions, View, curve
from arkor_dash.charts.curve_figure import curve_figure_dict
from arkor_dash.charts.growing_chart import GrowingChart
from arkor_dash.charts.growing_figure import MOST_ADDED
from arkor_dash.charts.loss_curve import loss_content
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.charts.x_axis import BY_STEP, ELAPSED, EPOCH, TIME_OF_DAY, x_axis
from arkor_dash.metrics.history import MetricHistory, Metrics
from arkor_dash.protocol.events import CheckpointSaved
from arkor_dash.ui.browser.chart_cursor import ChartCursor
from tests.metrics.reports import report

from .received_chart import ReceivedChart, axes, labels, lines, of_figure

Lines = dict[str, list[tuple[float, float]]]
KINDS = st.sampled_from(["step", ELAPSED, TIME_OF_DAY, EPOCH])
VALUES = st.floats(-10, 10, width=32) | st.sampled_from([math.nan, math.inf, 1e-9])
EVENTS = st.tuples(st.sampled_from([1, 1, 1, 1, 2, 0.5, 0, -3]), VALUES, st.none() | VALUES, st.booleans())


class Run:
    """A run, and the chart of it that viewers share."""

    def __init__(self, kind: str = "step", view: View | None = None, **options: Any) -> None:
        self.history, self.step, self.moment = MetricHistory(), 0.0, 0
        self.view, self._kind, self._options = view or View(), kind, options
        self.chart = GrowingChart(self.view, LIGHT)

    def report(self, step: float, loss: float | None, eval_loss: float | None = None) -> None:
        self.history.append(report(step, 1e12 + 1000 * step, loss=loss, eval_loss=eval_loss, epoch=step / 10))

    def metrics(self) -> Metrics:
        return self.history.snapshot()

    def options(self) -> CurveOptions:
        axis = x_axis(self._kind, self.metrics(), None) if self._kind != "step" else BY_STEP
        return CurveOptions(axis, **self._options)

    def draw(self) -> None:
        metrics, self.moment = self.metrics(), self.moment + 1
        self.chart.update((0, self.moment), metrics.version, lambda: loss_content(metrics), self.options)

    def fresh(self) -> list[dict[str, Any]]:
        """The traces of a figure that is drawn anew."""
        content = loss_content(self.metrics())
        drawn = curve(content.lines, self.view, self.options(), content.checkpoints, content.findings)
        return of_figure(wire_json(curve_figure_dict(drawn, LIGHT)))


@example(
    [(1, 0.0, 0.0, False), *[(1, 0.0, None, False)] * 2, (1, 0.0, 0.0, False), (2, 0.0, -1.0, False)],
    "step",
    {},
    View((2.0, 7.5)),
    0,
)  # the best eval loss lies before the view, and then in it
@given(
    st.lists(EVENTS, min_size=1, max_size=60),
    KINDS,
    st.sampled_from([{}, {"smoothing": 0.5}, {"clip": True}, {"log_y": True}]),
    st.sampled_from([View(), View((2.0, 7.5)), View((0.5, 1e6))]),
    st.integers(0, 2**32),
)
def test_messages_of_two_ways_in_any_order_with_losses_lead_to_the_figure_drawn_anew(
    events: list[Any], kind: str, options: dict[str, Any], view: View, seed: int
) -> None:
    chance, run = random.Random(seed), Run(kind, view, **options)
    script, received, on_their_way, browser = ChartCursor(), None, [], ReceivedChart()
    for gap, loss, eval_loss, is_checkpoint in events:
        run.step += gap
        run.report(run.step, loss, eval_loss)
        if is_checkpoint:
            run.history.append(CheckpointSaved(None, run.step, ()))
        if chance.random() < 0.6:
            run.draw()
            on_their_way.append(script.next_message(run.chart)[0])
        if chance.random() < 0.6:
            message, received = run.chart.message(received)
            on_their_way.append(message)
        for message in chance.sample(on_their_way, chance.randint(0, len(on_their_way))):
            if chance.random() < 0.5:
                on_their_way.remove(message)
            if chance.random() < 0.8:
                browser.receive(message)
    run.draw()
    on_their_way.append(run.chart.message(None)[0])
    chance.shuffle(on_their_way)
    for message in on_their_way:
        browser.receive(message)
    assert not browser.waiting
    assert_same_points(browser.lines(), lines(run.fresh()))
    assert repr(browser.labels()) == repr(labels(run.fresh()))  # NaN equals NaN there
    assert_same_axes(browser, run)


def assert_same_axes(browser: ReceivedChart, run: Run) -> None:
    """The marks lie on the same axes as in a figure that is drawn anew."""
    expected = axes(run.fresh())
    found = {uid: axis for uid, axis in browser.axes().items() if uid in expected}
    assert found == {uid: expected[uid] for uid in found}


def assert_same_points(found: Lines, expected: Lines) -> None:
    """Two figures draw the same, up to the precision with which a figure is sent."""
    assert found.keys() == expected.keys()
    for name, points in expected.items():
        one, other = (np.array(sorted(set(each))) for each in (found[name], points))
        assert one == pytest.approx(other, rel=1e-5, abs=2e-4), name


@pytest.mark.parametrize(
    "changes",
    [
        [lambda run: run.report(1, 1.0), lambda run: run.history.append(CheckpointSaved(None, 1))],
        [lambda run: run.report(1, 1.0), lambda run: run.report(2, math.nan)],
        [lambda run: run.report(1, math.nan), lambda run: run.report(2, 1.0)],
    ],
    ids=["a checkpoint alone", "NaN alone", "the first number after NaN"],
)
def test_marks_lie_on_the_axis_of_a_figure_drawn_anew(changes: list[Callable[[Run], object]]) -> None:
    run, browser = Run(), ReceivedChart()
    for change in changes:
        change(run)
        run.draw()
        browser.receive(run.chart.message(None)[0])
    assert_same_axes(browser, run)


def test_further_points_are_sent_without_the_figure() -> None:
    run = Run()
    for step in range(1000):
        run.report(step, 1 / (step + 1))
    run.draw()
    whole, received = run.chart.message(None)
    run.report(1000, 2.0)
    run.draw()
    more, _ = run.chart.message(received)
    assert whole["figure"] is not None
    assert (more["figure"], more["rest"], more["base"]) == (None, None, whole["base"])
    assert {len(each["x"]) > 0 for each in more["added"].values()} == {True}
    assert len(repr(more)) < 420


def test_each_figure_has_every_spike_and_the_note_counts_what_is_drawn() -> None:
    run, browser, received = Run(view=View(width_px=200)), ReceivedChart(), None
    rng = np.random.default_rng(1)
    spikes, bases, step = [], set(), 0
    for part in range(40):
        for _ in range(int(rng.integers(100, 250))):
            step += 1
            run.report(step, float(rng.normal(2, 0.1)))
        step += 1
        spikes.append((step, 100.0 + part))
        run.report(*spikes[-1])
        run.draw()
        message, received = run.chart.message(received)
        browser.receive(message)
        bases.add(browser.base)
        drawn = browser.lines()["1-line-00"]
        assert set(spikes) <= set(drawn)
        assert browser.note == f"showing {len(drawn):,} of {step:,} points"
    assert 10 < len(bases) < 30


def test_a_history_that_arrives_at_once_makes_one_figure() -> None:
    run = Run()
    run.report(0, 1.0)
    run.draw()
    _, received = run.chart.message(None)
    for step in range(1, 20_000):
        run.report(step, 1.0)
    run.draw()
    message, _ = run.chart.message(received)
    assert message["base"] == received.base + 1
    assert message["added"] == {}


def test_an_older_snapshot_changes_nothing() -> None:
    run = Run()
    run.report(1, 1.0)
    before = run.metrics()
    run.report(2, 1.0)
    run.draw()
    message, _ = run.chart.message(None)
    run.chart.update((0, 0), before.version, lambda: loss_content(before), lambda: PLAIN)
    assert run.chart.message(None)[0] == message


@pytest.mark.parametrize(
    ("change", "is_figure"),
    [
        (lambda run: run.report(50, 9.0), True),
        (lambda run: run.report(49.5, 9.0), True),
        (lambda run: run.report(101, math.nan), False),
        (lambda run: run.report(101, 1.0, 0.1), False),
        (lambda run: run.report(100, None, 5.0), False),
        (lambda run: run.history.append(CheckpointSaved(None, 100)), False),
        (lambda run: run.history.append(CheckpointSaved(None, 50)), True),
    ],
)
def test_only_what_can_not_be_added_makes_a_new_figure(
    change: Callable[[Run], object], is_figure: bool
) -> None:
    run = Run()
    for step in range(1, 101):
        run.report(step, 1.0, 0.5 + step / 100 if step % 10 == 0 and step < 100 else None)
    run.history.append(CheckpointSaved(None, 90))
    run.draw()
    _, received = run.chart.message(None)
    change(run)
    run.draw()
    message, _ = run.chart.message(received)
    assert message["number"] > received.number
    assert (message["figure"] is not None) is is_figure


def test_nothing_is_computed_for_more_points_than_can_be_added(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()
    for step in range(10):
        run.report(step, 1.0)
    run.draw()
    for step in range(10, 12 + MOST_ADDED):
        run.report(step, 1.0)
    monkeypatch.setattr(growth, "readings_at", lambda *_: pytest.fail("the labels of the added points"))
    run.draw()
    message, _ = run.chart.message(None)
    assert message["base"] == 2
