"""What reports say beside their losses, and the axes made of it."""

from __future__ import annotations

import numpy as np
import pytest

from arkor_dash.charts.x_axis import ELAPSED, EPOCH, STEP, TIME_OF_DAY, available_axes, x_axis
from arkor_dash.metrics import side_series as module
from arkor_dash.metrics.side_series import SideSeries, SideSeriesHistory
from arkor_dash.protocol.events import TrainingLog

BEGAN_MS = 1_700_000_000_000.0


def tracked(*reports: tuple[float | None, float | None, float | None]) -> SideSeries:
    """Of reports as (step, seconds after the beginning, epoch)."""
    history = SideSeriesHistory()
    for step, second, epoch in reports:
        at_ms = None if second is None else BEGAN_MS + second * 1000
        history.append(TrainingLog(at_ms, step, loss=1.0, epoch=epoch))
    return history.snapshot()


def test_values_are_kept_by_step_and_missing_ones_are_nan() -> None:
    history = SideSeriesHistory()
    history.append(TrainingLog(1000.0, 1, learning_rate=0.1))
    history.append(TrainingLog(None, 2, epoch=0.5, samples_per_second=9.0))
    history.append(TrainingLog(3000.0, None, learning_rate=7.0))
    kept = history.snapshot()
    assert kept.steps.tolist() == [1, 2]
    np.testing.assert_equal(kept.at_ms, [1000.0, np.nan])
    np.testing.assert_equal(kept.learning_rate, [0.1, np.nan])
    assert [column.tolist() for column in kept.reported(kept.samples_per_second)] == [[2], [9.0]]


def test_a_late_or_repeated_step_is_ignored() -> None:
    assert tracked((1, 0, None), (3, 2, None), (2, 9, None), (3, 9, None)).steps.tolist() == [1, 3]


def test_a_snapshot_never_changes() -> None:
    history = SideSeriesHistory()
    history.append(TrainingLog(1.0, 1))
    before = history.snapshot()
    for step in range(2, 100):
        history.append(TrainingLog(float(step), step))
    assert before.steps.tolist() == [1]
    with pytest.raises(ValueError, match="read-only"):
        before.steps[0] = 5


def test_a_long_run_keeps_a_bounded_number_of_evenly_spaced_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 64)
    history = SideSeriesHistory()
    for step in range(1, 1001):
        history.append(TrainingLog(float(step), step))
    kept = history.snapshot()
    assert len(kept.steps) <= 64
    assert set(np.diff(kept.steps)) == {16}
    np.testing.assert_array_equal(kept.at_ms, kept.steps)


def test_an_axis_is_available_if_two_reports_have_its_value() -> None:
    assert available_axes(tracked()) == [STEP]
    assert available_axes(tracked((1, None, None), (2, None, None))) == [STEP]
    assert available_axes(tracked((1, 0, None), (2, 1, None))) == [STEP, ELAPSED, TIME_OF_DAY]
    assert available_axes(tracked((1, 0, 0.1), (2, 1, 0.2))) == [STEP, ELAPSED, TIME_OF_DAY, EPOCH]


@pytest.mark.parametrize(
    ("end_s", "title", "end"),
    [(90, "elapsed (s)", 90.0), (600, "elapsed (min)", 10.0), (7200, "elapsed (h)", 2.0)],
)
def test_the_unit_of_elapsed_time_depends_on_its_length(end_s: float, title: str, end: float) -> None:
    axis = x_axis(ELAPSED, tracked((0, 0, None), (100, end_s, None)), None)
    assert axis.title == title
    assert axis.positions_at(np.array([0.0, 50.0, 100.0])).tolist() == pytest.approx([0, end / 2, end])


def test_elapsed_time_starts_with_the_job() -> None:
    axis = x_axis(ELAPSED, tracked((1, 10, None), (2, 12, None)), BEGAN_MS)
    assert axis.positions_at(np.array([1.0, 2.0])).tolist() == [10, 12]


def test_positions_map_back_to_their_steps_and_continue_beyond_the_ends() -> None:
    axis = x_axis(EPOCH, tracked((10, 0, 1.0), (20, 1, 2.0), (40, 2, 3.0)), None)
    steps = np.array([0.0, 10.0, 15.0, 30.0, 40.0, 60.0])
    np.testing.assert_allclose(axis.steps_at(axis.positions_at(steps))[1:5], steps[1:5])
    before, after = axis.positions_at(np.array([0.0, 60.0]))
    assert (before < 1, after > 3) == (True, True)


def test_positions_never_fall_when_the_clock_is_set_back() -> None:
    axis = x_axis(ELAPSED, tracked((1, 0, None), (2, 5, None), (3, 3, None), (4, 6, None)), None)
    assert (np.diff(axis.positions_at(np.array([1.0, 2.0, 3.0, 4.0]))) >= 0).all()


def test_an_unavailable_axis_is_replaced_by_the_step() -> None:
    assert x_axis(EPOCH, tracked((1, 0, None), (2, 1, None)), None).kind == STEP
    assert x_axis("nonsense", tracked((1, 0, None), (2, 1, None)), None).kind == STEP
