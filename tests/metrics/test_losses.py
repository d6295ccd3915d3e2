"""The losses of a job, from reports in any order."""

from __future__ import annotations

import math
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.metrics.losses import Losses, LossHistory, Series
from arkor_dash.protocol.events import TrainingLog

NAN, INF = math.nan, math.inf


def report(step: float | None, loss: float | None = None, eval_loss: float | None = None) -> TrainingLog:
    return TrainingLog(None, step, loss=loss, eval_loss=eval_loss)


def history(*reports: TrainingLog) -> LossHistory:
    kept = LossHistory()
    for each in reports:
        kept.append(each)
    return kept


def pairs(series: Series) -> list[tuple[float, float]]:
    return list(zip(series.steps.tolist(), series.values.tolist(), strict=True))


def test_an_empty_history_has_no_points() -> None:
    losses = LossHistory().snapshot()
    assert losses.empty
    assert (len(losses.train), len(losses.eval), losses.nonfinite.count, losses.version) == (0, 0, 0, 0)


def test_a_report_with_both_losses_makes_a_point_in_each_series() -> None:
    losses = history(report(1, 2.5), report(2, 2.0, 2.2)).snapshot()
    assert pairs(losses.train) == [(1, 2.5), (2, 2.0)]
    assert pairs(losses.eval) == [(2, 2.2)]
    assert not losses.empty


def test_a_report_of_eval_loss_alone_makes_no_training_point() -> None:
    losses = history(report(25, eval_loss=1.5)).snapshot()
    assert (pairs(losses.train), pairs(losses.eval)) == ([], [(25, 1.5)])


@pytest.mark.parametrize("event", [report(None, 1.0, 2.0), report(3)], ids=["no step", "no loss"])
def test_a_report_without_a_step_or_a_loss_makes_no_point(event: TrainingLog) -> None:
    losses = history(event).snapshot()
    assert losses.empty
    assert losses.version == 0


def test_steps_out_of_order_are_sorted() -> None:
    losses = history(report(3, 3.0), report(1, 1.0), report(2, 2.0)).snapshot()
    assert pairs(losses.train) == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_the_latest_value_of_a_repeated_step_counts() -> None:
    losses = history(
        report(1, 1.0), report(2, 2.0), report(1, 1.5), report(2, 2.5), report(2, 2.75)
    ).snapshot()
    assert pairs(losses.train) == [(1, 1.5), (2, 2.75)]


def test_a_resumed_run_replaces_only_the_steps_that_it_repeats() -> None:
    kept = history(*(report(step, 1.0) for step in range(1, 7)))
    assert len(kept.snapshot().train) == 6
    for step in (4, 5, 6, 7):
        kept.append(report(step, 0.5))
    assert pairs(kept.snapshot().train) == [(1, 1), (2, 1), (3, 1), (4, 0.5), (5, 0.5), (6, 0.5), (7, 0.5)]


def test_negative_fractional_and_huge_steps_are_steps() -> None:
    losses = history(report(2**53, 4.0), report(-3, 1.0), report(0.5, 2.0), report(10**300, 5.0)).snapshot()
    assert pairs(losses.train) == [(-3, 1.0), (0.5, 2.0), (2.0**53, 4.0), (1e300, 5.0)]


@pytest.mark.parametrize("loss", [NAN, INF, -INF])
def test_a_non_finite_loss_is_listed_apart_from_the_points(loss: float) -> None:
    losses = history(report(1, 1.0), report(2, loss), report(3, 3.0, loss)).snapshot()
    assert pairs(losses.train) == [(1, 1.0), (3, 3.0)]
    assert losses.nonfinite.count == 2
    for series, step in ((losses.nonfinite.train, 2), (losses.nonfinite.eval, 3)):
        assert series.steps.tolist() == [step]
        np.testing.assert_array_equal(series.values, [loss])


def test_a_later_nan_removes_the_point_of_its_step() -> None:
    losses = history(report(1, 1.0), report(2, 2.0), report(1, NAN)).snapshot()
    assert pairs(losses.train) == [(2, 2.0)]
    assert losses.nonfinite.train.steps.tolist() == [1]


def test_a_later_finite_value_removes_its_step_from_the_non_finite_ones() -> None:
    losses = history(report(1, INF), report(2, 2.0), report(1, 1.0)).snapshot()
    assert pairs(losses.train) == [(1, 1.0), (2, 2.0)]
    assert losses.nonfinite.count == 0


def test_a_snapshot_never_changes_while_the_history_goes_on() -> None:
    kept = history(*(report(step, float(step)) for step in range(1, 40)))
    early = kept.snapshot()
    before = pairs(early.train)
    for step in range(40, 4000):
        kept.append(report(step, float(step)))
    kept.append(report(5, -1.0))
    kept.append(report(6, NAN))
    kept.snapshot()
    assert pairs(early.train) == before
    assert early.nonfinite.count == 0


def test_a_snapshot_of_reports_in_order_is_a_view() -> None:
    kept = history(*(report(step, 1.0) for step in range(17)))
    first = kept.snapshot()
    kept.append(report(17, 1.0))
    assert np.shares_memory(first.train.values, kept.snapshot().train.values)


def test_a_snapshot_is_read_only() -> None:
    losses = history(report(1, 1.0)).snapshot()
    for array in (losses.train.steps, losses.train.values):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9.0


def test_the_version_grows_with_each_report_that_has_a_loss() -> None:
    kept = history(report(1, 1.0))
    first = kept.snapshot()
    kept.append(report(2))
    assert kept.snapshot() is first
    kept.append(report(2, 2.0))
    assert kept.snapshot().version > first.version


def test_a_step_with_both_losses_takes_less_than_forty_bytes() -> None:
    count = 50_000
    reports = [report(step, 1.0, 2.0) for step in range(count)]
    tracemalloc.start()
    try:
        kept = history(*reports)
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(kept.snapshot().eval) == count
    assert used < 40 * count


def test_late_reports_are_merged_without_a_reader() -> None:
    count = 50_000
    repeated = report(1, 1.0)
    kept = LossHistory()
    tracemalloc.start()
    try:
        for _ in range(count):
            kept.append(repeated)
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert pairs(kept.snapshot().train) == [(1, 1.0)]
    assert used < count


def test_readers_see_complete_prefixes_while_the_writer_writes() -> None:
    kept = LossHistory()
    done = threading.Event()
    wrong: list[Losses] = []

    def read() -> None:
        while not done.is_set():
            losses = kept.snapshot()
            steps = np.arange(len(losses.train), dtype=float)
            whole = np.array_equal(losses.train.steps, steps) and np.array_equal(
                losses.train.values, 2 * steps
            )
            if not whole:
                wrong.append(losses)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for step in range(20_000):
        kept.append(report(step, 2.0 * step))
        if step % 1000 == 0:
            kept.append(report(step // 2, 2.0 * (step // 2)))
    done.set()
    for reader in readers:
        reader.join(60)
    assert not wrong
    assert len(kept.snapshot().train) == 20_000


steps = st.one_of(
    st.integers(-5, 12), st.sampled_from([0.5, -0.0, 2**53, 2**53 + 1, 1e300]), st.integers(0, 3000)
)
losses_or_none = st.one_of(st.none(), st.floats(), st.sampled_from([NAN, INF, 1.0]))


@given(st.lists(st.tuples(steps, losses_or_none, losses_or_none, st.booleans()), max_size=80))
def test_a_history_holds_the_last_value_of_each_step(
    reports: list[tuple[float, float | None, float | None, bool]],
) -> None:
    kept = LossHistory()
    last: tuple[dict[float, float], dict[float, float]] = ({}, {})
    for step, loss, eval_loss, look in reports:
        kept.append(report(step, loss, eval_loss))
        for value, known in zip((loss, eval_loss), last, strict=True):
            if value is not None:
                known[float(step)] = value
        if look:
            kept.snapshot()
    losses = kept.snapshot()
    shown = ((losses.train, losses.nonfinite.train), (losses.eval, losses.nonfinite.eval))
    for known, (finite, nonfinite) in zip(last, shown, strict=True):
        in_order = sorted(known.items())
        assert pairs(finite) == [pair for pair in in_order if math.isfinite(pair[1])]
        assert [(step, repr(value)) for step, value in pairs(nonfinite)] == [
            (step, repr(value)) for step, value in in_order if not math.isfinite(value)
        ]
