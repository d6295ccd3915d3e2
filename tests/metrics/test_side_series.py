"""The values in reports other than the losses."""

from __future__ import annotations

import numpy as np
import pytest

from arkor_dash.metrics import side_series as module
from arkor_dash.metrics.side_series import SideSeries, SideSeriesHistory
from arkor_dash.protocol.events import TrainingLog

STARTED_AT_MS = 1_700_000_000_000.0


def side_series_of(*reports: tuple[float | None, float | None, float | None]) -> SideSeries:
    """The side series of reports, each given as step, seconds after `STARTED_AT_MS`, and epoch."""
    history = SideSeriesHistory()
    for step, second, epoch in reports:
        at_ms = None if second is None else STARTED_AT_MS + second * 1000
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
    assert side_series_of((1, 0, None), (3, 2, None), (2, 9, None), (3, 9, None)).steps.tolist() == [1, 3]


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
    monkeypatch.setattr(module, "STEPS_KEPT", 64)
    history = SideSeriesHistory()
    for step in range(1, 1001):
        history.append(TrainingLog(float(step), step))
    kept = history.snapshot()
    assert len(kept.steps) <= 64
    assert set(np.diff(kept.steps)) == {16}
    np.testing.assert_array_equal(kept.at_ms, kept.steps)
