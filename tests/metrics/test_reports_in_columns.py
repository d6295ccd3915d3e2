"""Many reports at once, compared with the same reports one after the other."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arkor_dash.metrics import history as history_module
from arkor_dash.metrics.history import MetricHistory
from arkor_dash.protocol.events import CheckpointSaved, TrainingLog

from .reports import described, in_columns, report

Events = list[TrainingLog | CheckpointSaved]
STEPS = st.one_of(st.integers(0, 12), st.integers(-3, 40), st.sampled_from([0.5, 2.0**53, 1.7e308, -1.7e308]))
VALUES = st.one_of(st.floats(), st.integers(0, 9).map(float))
NAMES = ["loss", "eval_loss", "epoch", "acc"]


@st.composite
def runs(draw: st.DrawFn) -> Events:
    """Stretches of a run that count on, go back, or begin again, with odd reports in between."""
    events: Events = []
    at_ms = 0.0
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    for _ in range(draw(st.integers(0, 5))):
        start, gap = draw(st.integers(0, 12)), draw(st.sampled_from([1, 1, 2, 10]))
        for number in range(draw(st.integers(1, 12))):
            at_ms += draw(st.sampled_from([1.0, 1.0, 0.0, -2.0]))
            step = start + gap * number
            values = dict.fromkeys(names, draw(VALUES)) | ({"epoch": step / 10} if "epoch" in names else {})
            events.append(report(step, draw(st.sampled_from([at_ms, at_ms, None])), **values))
        odd = st.tuples(
            st.one_of(st.none(), STEPS),
            st.one_of(st.none(), st.just(at_ms)),
            st.dictionaries(st.sampled_from(NAMES), VALUES),
        )
        for step, at, metrics in draw(st.lists(odd, max_size=3)):
            events.append(
                draw(st.sampled_from([TrainingLog(at, step, metrics=metrics), CheckpointSaved(at, step)]))
            )
    return events


def one_by_one(events: Events) -> MetricHistory:
    history = MetricHistory()
    for event in events:
        history.append(event)
    return history


@settings(deadline=None)
@given(
    events=runs(), cuts=st.lists(st.integers(0, 80), max_size=4), looks=st.booleans(), finishes=st.booleans()
)
def test_reports_in_columns_make_the_same_history_as_one_after_the_other(
    events: Events, cuts: list[int], looks: bool, finishes: bool
) -> None:
    places = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    expected, history = MetricHistory(), MetricHistory()
    for number, (start, stop) in enumerate(itertools.pairwise(places)):
        for event in events[start:stop]:
            expected.append(event)
        if number % 3 == 2:
            for event in events[start:stop]:
                history.append(event)
        else:
            history.extend(in_columns(events[start:stop]))
        if looks:
            assert described(history.snapshot()) == described(expected.snapshot())
    if finishes:
        expected.finish()
        history.finish()
    assert described(history.snapshot()) == described(expected.snapshot())


def long_run(kind: str) -> Events:
    """Some thousands of reports, the same at each call."""
    rng = random.Random(7)
    steps = {
        "counts up": lambda: list(range(1, 6_001)),
        "begins again": lambda: [step for _ in range(12) for step in range(1, 501)],
        "resumes": lambda: [*range(1, 4_001), *range(1_500, 3_000), *range(2_000, 4_500)],
        "in any order": lambda: rng.sample(range(1, 6_001), 6_000),
        "repeats its steps": lambda: [step for step in range(1, 3_001) for _ in range(2)],
    }[kind]()
    events: Events = []
    for number, step in enumerate(steps):
        metrics = {"loss": rng.random()} if number % 50 else {"eval_loss": rng.random(), "loss": math.nan}
        events.append(report(step, 1000.0 * number, epoch=step / 700, **metrics))
        if number % 500 == 0:
            events.append(CheckpointSaved(1000.0 * number, step))
    return events


@pytest.mark.parametrize(
    "kind", ["counts up", "begins again", "resumes", "in any order", "repeats its steps"]
)
@pytest.mark.parametrize("size", [347, 100_000])
def test_a_long_run_is_the_same_in_columns(kind: str, size: int) -> None:
    events = long_run(kind)
    history = MetricHistory()
    for start in range(0, len(events), size):
        history.extend(in_columns(events[start : start + size]))
    assert described(history.snapshot()) == described(one_by_one(events).snapshot())


def test_a_second_training_in_columns_begins_again_as_its_epochs_show() -> None:
    first = [report(step, float(step), loss=1.0, epoch=step / 100) for step in range(10, 9_000, 10)]
    second = [report(step, 1e6 + step, loss=1.0, epoch=step / 40) for step in range(25, 1_000, 25)]
    history = MetricHistory()
    history.extend(in_columns([*first, *second]))
    assert described(history.snapshot()) == described(one_by_one([*first, *second]).snapshot())
    assert history.snapshot().restart is not None


def test_metrics_beyond_the_limit_are_left_out_of_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "METRICS_KEPT", 3)
    events: Events = [
        report(None, 0.0, a=1.0),
        report(1, 1.0, d=1.0, c=2.0),
        report(2, 2.0, b=1.0, a=3.0, e=1.0),
    ]
    events += [report(None, 3.0, e=1.0)]
    history = MetricHistory()
    history.extend(in_columns(events))
    assert described(history.snapshot()) == described(one_by_one(events).snapshot())
    assert (list(history.snapshot().metrics), history.snapshot().left_out) == (["a", "d", "c"], 2)


def test_what_a_reader_was_given_does_not_change() -> None:
    history = MetricHistory()
    history.extend(in_columns([report(step, float(step), loss=1.0) for step in range(1, 10)]))
    given_out = history.snapshot()
    before = described(given_out)
    history.extend(in_columns([report(step, 100.0 + step, loss=2.0) for step in range(5, 30)]))
    assert described(given_out) == before
    assert len(np.unique(history.snapshot().finite("loss").values)) == 2
