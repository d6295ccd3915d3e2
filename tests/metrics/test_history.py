"""The metrics of a run, from reports in any order."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.metrics import history as module
from arkor_dash.metrics.history import MetricHistory, Metrics
from arkor_dash.metrics.recent import RecentReport
from arkor_dash.metrics.series import Value
from arkor_dash.protocol.events import CheckpointSaved, TrainingLog

from .reports import history_of, metrics_of, pairs, report

NAN, INF = math.nan, math.inf


@contextmanager
def traced_memory() -> Iterator[Callable[[], int]]:
    """In this block, what it returns is how many bytes are held of those that a history has allocated in it.

    Threads that earlier tests have left may allocate, too.
    """
    of_history = [tracemalloc.Filter(True, f"*/{package}/*") for package in ("arkor_dash/metrics", "numpy")]
    tracemalloc.start()
    try:
        yield lambda: sum(
            trace.size for trace in tracemalloc.take_snapshot().filter_traces(of_history).traces
        )
    finally:
        tracemalloc.stop()


def test_an_empty_history_has_no_metrics() -> None:
    metrics = MetricHistory().snapshot()
    assert (len(metrics.steps), dict(metrics.metrics), metrics.recent, metrics.version) == (0, {}, (), 0)
    assert pairs(metrics.finite("loss")) == pairs(metrics.nonfinite("loss")) == []


def test_each_number_of_a_report_is_a_point_of_its_metric() -> None:
    metrics = metrics_of(report(1, loss=2.5), report(2, loss=2.0, reward=0.5))
    assert list(metrics.metrics) == ["loss", "reward"]
    assert pairs(metrics.finite("loss")) == [(1, 2.5), (2, 2.0)]
    assert pairs(metrics.finite("reward")) == [(2, 0.5)]


def test_a_report_without_a_step_is_counted() -> None:
    metrics = metrics_of(report(None, loss=1.0), report(None))
    assert (dict(metrics.metrics), metrics.without_step, metrics.version) == ({}, 1, 1)


def test_the_newest_value_of_a_metric_may_not_be_finite() -> None:
    reports = [report(1, kl=1.0), report(2, kl=NAN), report(3, kl=3.0), report(4, kl=INF)]
    newest = [metrics_of(*reports[:count]).metrics["kl"].newest for count in (1, 3, 4)]
    assert newest == [Value(1, 1.0), Value(3, 3.0), Value(4, INF)]


def test_reports_of_one_step_add_up() -> None:
    history = history_of(report(1, loss=1.0), report(1, learning_rate=1e-4))
    history.snapshot()
    history.append(report(1, epoch=0.5))
    metrics = history.snapshot()
    assert {name: pairs(metrics.finite(name)) for name in metrics.metrics} == {
        "loss": [(1, 1.0)],
        "learning_rate": [(1, 1e-4)],
        "epoch": [(1, 0.5)],
    }


@pytest.mark.parametrize("read_between", [False, True])
def test_steps_out_of_order_are_sorted_in_every_metric(*, read_between: bool) -> None:
    history = MetricHistory()
    for step in (3, 1, 2, 7, 5):
        history.append(report(step, loss=step / 2, **{"even": 1.0} if step % 2 == 0 else {}))
        if read_between:
            history.snapshot()
    history.append(report(4, even=2.0))
    metrics = history.snapshot()
    assert metrics.steps.tolist() == [1, 2, 3, 4, 5, 7]
    assert pairs(metrics.finite("loss")) == [(1, 0.5), (2, 1), (3, 1.5), (5, 2.5), (7, 3.5)]
    assert pairs(metrics.finite("even")) == [(2, 1), (4, 2)]


def test_a_resumed_run_replaces_what_it_repeats_in_every_metric() -> None:
    history = history_of(*(report(step, 1000.0 * step, loss=1.0, epoch=step / 10) for step in range(1, 7)))
    history.snapshot()
    for step in (4, 5):
        history.append(report(step, 9000.0 + step, loss=0.5, epoch=0.0))
    metrics = history.snapshot()
    assert pairs(metrics.finite("loss")) == [(1, 1), (2, 1), (3, 1), (4, 0.5), (5, 0.5), (6, 1)]
    assert metrics.finite("epoch").values.tolist() == [0.1, 0.2, 0.3, 0.0, 0.0, 0.6]
    assert metrics.recent == (RecentReport(4, 9004, 0.0), RecentReport(5, 9005, 0.0))


@pytest.mark.parametrize("read_between", [False, True])
def test_the_time_of_a_step_is_that_of_its_first_report(*, read_between: bool) -> None:
    history = MetricHistory()
    for step, at_ms in ((1, 1000.0), (1, 5000.0), (2, None), (2, 6000.0), (3, None), (1, None), (2, 9000.0)):
        history.append(report(step, at_ms, loss=1.0))
        if read_between:
            history.snapshot()
    metrics = history.snapshot()
    np.testing.assert_equal(metrics.at_ms, [1000, 6000, NAN])
    assert pairs(metrics.times) == [(1, 1000), (2, 6000)]


@pytest.mark.parametrize(
    ("reports", "recent"),
    [
        ([report(2, 2000.0, loss=1.0), report(1, 1000.0, loss=1.0)], [2]),
        ([report(2, loss=1.0), report(1, loss=1.0)], [1]),
        ([report(9, 1.0, loss=1.0), report(10, 2.0, loss=1.0), report(5, 3.0, test_loss=1.0)], [9, 10]),
        ([report(9, 1.0, loss=1.0), report(10, 2.0, loss=1.0), report(5, 3.0, loss=1.0)], [5]),
        ([report(9, 1.0, kl=1.0), report(10, 2.0, kl=1.0), report(5, 3.0, kl=1.0)], [5]),
        (
            [
                report(9, 1.0, loss=1.0, eval_loss=1.0),
                report(10, 2.0, loss=1.0, eval_loss=1.0),
                report(5, 3.0, eval_loss=1.0),
            ],
            [9, 10],
        ),
    ],
    ids=["sent late", "no times", "a late test", "resumed", "resumed without a loss", "a late evaluation"],
)
def test_the_recent_reports_begin_where_the_run_went_back(
    reports: list[TrainingLog], recent: list[float]
) -> None:
    assert [each.step for each in metrics_of(*reports).recent] == recent


def test_negative_fractional_and_huge_steps_are_steps() -> None:
    metrics = metrics_of(*(report(step, loss=1.0) for step in (2**53, -3, 0.5, 10**300)))
    assert metrics.finite("loss").steps.tolist() == [-3, 0.5, 2.0**53, 1e300]


@pytest.mark.parametrize("loss", [NAN, INF, -INF])
def test_a_non_finite_value_is_listed_apart_from_the_points(loss: float) -> None:
    metrics = metrics_of(report(1, loss=1.0), report(2, loss=loss), report(3, loss=3.0))
    assert pairs(metrics.finite("loss")) == [(1, 1.0), (3, 3.0)]
    assert metrics.nonfinite("loss").steps.tolist() == [2]
    np.testing.assert_array_equal(metrics.nonfinite("loss").values, [loss])


def test_a_later_value_decides_whether_a_step_is_finite() -> None:
    history = history_of(report(1, loss=1.0), report(2, loss=INF), report(3, loss=3.0))
    history.snapshot()
    history.append(report(1, loss=NAN))
    history.append(report(2, loss=2.0))
    metrics = history.snapshot()
    assert pairs(metrics.finite("loss")) == [(2, 2.0), (3, 3.0)]
    assert metrics.nonfinite("loss").steps.tolist() == [1]


def test_a_snapshot_never_changes_while_the_history_goes_on() -> None:
    history = history_of(*(report(step, float(step), loss=float(step)) for step in range(2, 40)))
    early = history.snapshot()
    before = pairs(early.finite("loss")), early.steps.tolist(), early.at_ms.tolist()
    for step in range(40, 4000):
        history.append(report(step, loss=float(step)))
    for late in (report(5, 9e9, loss=-1.0), report(6, loss=NAN), report(1, 0.0, loss=0.0, other=1.0)):
        history.append(late)
        history.snapshot()
    assert (pairs(early.finite("loss")), early.steps.tolist(), early.at_ms.tolist()) == before
    assert list(early.metrics) == ["loss"]


def test_a_snapshot_of_reports_in_order_is_a_view() -> None:
    history = history_of(*(report(step, loss=1.0) for step in range(17)))
    first = history.snapshot().finite("loss")
    history.append(report(17, loss=1.0))
    second = history.snapshot().finite("loss")
    assert np.shares_memory(first.values, second.values)
    assert np.shares_memory(first.steps, second.steps)


def test_a_metric_is_the_same_object_until_it_changes() -> None:
    history = history_of(report(1, loss=1.0, eval_loss=1.0))
    first = history.snapshot()
    assert history.snapshot() is first
    history.append(report(2, loss=1.0))
    second = history.snapshot()
    assert second.metrics["eval_loss"].finite is first.metrics["eval_loss"].finite
    assert second.metrics["loss"].version > first.metrics["loss"].version
    assert second.version > first.version


def test_a_snapshot_is_read_only() -> None:
    metrics = metrics_of(report(1, 1.0, loss=1.0), report(2, 1.0, other=1.0), report(3, 1.0, loss=1.0))
    series = metrics.finite("loss")
    for array in (series.values, metrics.finite("other").steps, metrics.steps, metrics.at_ms):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9.0


@pytest.mark.parametrize(
    ("steps", "metrics", "limit"),
    [(100_000, ("loss", "eval_loss"), 40 * 100_000), (10_000, tuple(f"m{i}" for i in range(30)), 12_000_000)],
    ids=["two losses", "thirty metrics"],
)
def test_memory_is_bounded(steps: int, metrics: tuple[str, ...], limit: int) -> None:
    values = dict.fromkeys(metrics, 1.0)
    history = MetricHistory()
    with traced_memory() as held:
        for step in range(steps):
            history.append(report(step, 1000.0 * step, **values))
        history.snapshot()
        used = held()
    assert len(history.snapshot().finite(metrics[-1])) == steps
    assert used < limit


@pytest.mark.parametrize(("expected", "limit"), [(100_000, 33 * 100_000), (10**17, 64 * 100_000)])
def test_the_room_for_an_expected_length_is_at_most_doubled(expected: int, limit: int) -> None:
    history = MetricHistory()
    with traced_memory() as held:
        history.expect(expected)
        for step in range(100_000):
            history.append(report(step, 1000.0 * step, loss=1.0, eval_loss=1.0))
        history.snapshot()
        used = held()
    assert history.snapshot().finite("loss").values.tolist() == [1.0] * 100_000
    assert used < limit


def test_reports_that_nobody_reads_do_not_pile_up() -> None:
    repeated = [report(step, loss=1.0) for step in (2, 1)]
    history = MetricHistory()
    with traced_memory() as held:
        for _ in range(25_000):
            for each in repeated:
                history.append(each)
        used = held()
    assert pairs(history.snapshot().finite("loss")) == [(1, 1.0), (2, 1.0)]
    assert used < 1_000_000


def test_a_new_name_in_each_report_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "METRICS_KEPT", 10)
    history = MetricHistory()
    with traced_memory() as held:
        for step in range(20_000):
            history.append(report(step, **{f"m{step}": 1.0}))
        history.snapshot()
        used = held()
    metrics = history.snapshot()
    assert len(metrics.metrics) == metrics.left_out == 10
    assert used < 1_000_000


def test_checkpoints_are_kept_by_step_once_each() -> None:
    history = MetricHistory()
    for step in (20, 10, None, 20):
        history.append(CheckpointSaved(None, step))
    assert history.snapshot().checkpoints == (10, 20)


def contents(metrics: Metrics) -> str:
    series = {name: (pairs(each.finite), pairs(each.nonfinite)) for name, each in metrics.metrics.items()}
    return repr((metrics.steps.tolist(), metrics.at_ms.tolist(), series))


steps = st.one_of(
    st.integers(-5, 12), st.sampled_from([0.5, -0.0, 2**53, 2**53 + 1, 1e300]), st.integers(0, 3000)
)
value = st.one_of(st.floats(), st.sampled_from([NAN, INF, 1.0]))
reports = st.tuples(steps, st.dictionaries(st.sampled_from("abc"), value, max_size=3), st.booleans())


@given(st.lists(reports, max_size=80))
def test_a_history_holds_the_last_value_of_each_step(
    reports: list[tuple[float, dict[str, float], bool]],
) -> None:
    history = MetricHistory()
    last: dict[str, dict[float, float]] = {}
    read: list[tuple[Metrics, str]] = []
    for step, values, is_read in reports:
        history.append(report(step, **values))
        for name, each in values.items():
            last.setdefault(name, {})[float(step)] = each
        if is_read:
            read.append((history.snapshot(), contents(history.snapshot())))
    metrics = history.snapshot()
    assert [contents(earlier) for earlier, _ in read] == [text for _, text in read]
    assert metrics.metrics.keys() == last.keys()
    assert metrics.steps.tolist() == sorted({float(step) for step, _, _ in reports})
    for name, known in last.items():
        in_order = sorted(known.items())
        assert pairs(metrics.finite(name)) == [pair for pair in in_order if math.isfinite(pair[1])]
        assert [(step, repr(each)) for step, each in pairs(metrics.nonfinite(name))] == [
            (step, repr(each)) for step, each in in_order if not math.isfinite(each)
        ]
