"""The x axis by step, time and epoch."""

from __future__ import annotations

import numpy as np
import pytest

from arkor_dash.charts.x_axis import ELAPSED, EPOCH, STEP, TIME_OF_DAY, available_axes, x_axis
from arkor_dash.metrics.history import Metrics
from tests.metrics.reports import metrics_of, report

STARTED_AT_MS = 1_700_000_000_000.0


def run_of(*reports: tuple[float | None, float | None, float | None]) -> Metrics:
    """The metrics of reports, each given as step, seconds after `STARTED_AT_MS`, and epoch."""

    def at_ms(second: float | None) -> float | None:
        return None if second is None else STARTED_AT_MS + second * 1000

    return metrics_of(
        *(report(step, at_ms(second), loss=1.0, epoch=epoch) for step, second, epoch in reports)
    )


def test_an_axis_is_available_if_two_reports_have_its_value() -> None:
    assert available_axes(run_of()) == [STEP]
    assert available_axes(run_of((1, None, None), (2, None, None))) == [STEP]
    assert available_axes(run_of((1, 0, None), (2, 1, None))) == [STEP, ELAPSED, TIME_OF_DAY]
    assert available_axes(run_of((1, 0, 0.1), (2, 1, 0.2))) == [STEP, ELAPSED, TIME_OF_DAY, EPOCH]


@pytest.mark.parametrize(
    ("end_s", "title", "end"),
    [(90, "elapsed (s)", 90.0), (600, "elapsed (min)", 10.0), (7200, "elapsed (h)", 2.0)],
)
def test_the_unit_of_elapsed_time_depends_on_its_length(end_s: float, title: str, end: float) -> None:
    axis = x_axis(ELAPSED, run_of((0, 0, None), (100, end_s, None)), None)
    assert axis.title == title
    assert axis.positions_at(np.array([0.0, 50.0, 100.0])).tolist() == pytest.approx([0, end / 2, end])


def test_elapsed_time_starts_with_the_job() -> None:
    axis = x_axis(ELAPSED, run_of((1, 10, None), (2, 12, None)), STARTED_AT_MS)
    assert axis.positions_at(np.array([1.0, 2.0])).tolist() == [10, 12]


def test_positions_map_back_to_their_steps_and_continue_beyond_the_ends() -> None:
    axis = x_axis(EPOCH, run_of((10, 0, 1.0), (20, 1, 2.0), (40, 2, 3.0)), None)
    steps = np.array([0.0, 10.0, 15.0, 30.0, 40.0, 60.0])
    np.testing.assert_allclose(axis.steps_at(axis.positions_at(steps))[1:5], steps[1:5])
    before, after = axis.positions_at(np.array([0.0, 60.0]))
    assert (before < 1, after > 3) == (True, True)


def test_positions_never_fall_when_the_clock_is_set_back() -> None:
    axis = x_axis(ELAPSED, run_of((1, 0, None), (2, 5, None), (3, 3, None), (4, 6, None)), None)
    assert (np.diff(axis.positions_at(np.array([1.0, 2.0, 3.0, 4.0]))) >= 0).all()


def test_an_unavailable_axis_is_replaced_by_the_step() -> None:
    assert x_axis(EPOCH, run_of((1, 0, None), (2, 1, None)), None).kind == STEP
    assert x_axis("nonsense", run_of((1, 0, None), (2, 1, None)), None).kind == STEP
