"""The metrics of a run's machine, placed among the steps of the run."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.charts.system_steps import with_system
from arkor_dash.charts.x_axis import ELAPSED, x_axis
from arkor_dash.live.feed.system import SystemHistory
from arkor_dash.metrics.history import MetricHistory, Metrics
from arkor_dash.protocol.environment import SystemMeasured
from arkor_dash.protocol.events import TrainingLog

START_MS = 1_795_428_000_000.0
CPU, GPU = "system/cpu_percent", "system/gpu_0_percent"


def training(*reports: tuple[float, float | None]) -> Metrics:
    """A run that reported each step after so many seconds."""
    history = MetricHistory()
    for step, after_s in reports:
        at_ms = None if after_s is None else START_MS + 1000 * after_s
        history.append(TrainingLog(at_ms, step, metrics={"loss": 1.0}))
    history.finish()
    return history.snapshot()


def machine(*measured: tuple[float, dict[str, float]]) -> Metrics:
    history = SystemHistory()
    for after_s, metrics in measured:
        history.append(SystemMeasured(START_MS + 1000 * after_s, metrics), START_MS)
    return history.snapshot()


def test_a_measurement_lies_where_the_run_was_at_its_time() -> None:
    run = training((10, 100), (20, 200), (30, 400))
    shown = with_system(
        run, machine((50, {CPU: 1}), (100, {CPU: 2}), (150, {CPU: 3}), (300, {CPU: 4}), (460, {CPU: 5}))
    )
    assert shown.finite(CPU).steps.tolist() == pytest.approx([10, 15, 25, 34])
    assert shown.finite(CPU).values.tolist() == [2, 3, 4, 5]
    assert shown.finite("loss") is run.finite("loss")
    assert shown.steps is run.steps


def test_on_a_time_axis_a_measurement_lies_at_its_own_time() -> None:
    run = training((1, 10), (2, 70), (3, 400), (4, 420))
    shown = with_system(run, machine(*((after_s, {CPU: after_s}) for after_s in range(10, 500, 7))))
    axis = x_axis(ELAPSED, run, START_MS)
    cpu = shown.finite(CPU)
    assert axis.positions_at(cpu.steps) * 60 == pytest.approx(cpu.values)
    assert len(cpu) == 70


def test_metrics_that_were_not_always_measured_and_values_that_are_not_finite_keep_their_places() -> None:
    run = training((0, 0), (100, 100))
    shown = with_system(run, machine((10, {CPU: 1}), (20, {CPU: math.nan, GPU: 2}), (30, {CPU: 3})))
    assert shown.finite(CPU).steps.tolist() == pytest.approx([10, 30])
    assert shown.nonfinite(CPU).steps.tolist() == pytest.approx([20])
    assert (shown.finite(GPU).steps.tolist(), shown.finite(GPU).values.tolist()) == (pytest.approx([20]), [2])


@pytest.mark.parametrize("reports", [(), ((1, 10),), ((1, None), (2, None))])
def test_without_the_times_of_two_reports_the_machine_is_not_shown(
    reports: tuple[tuple[float, float | None], ...],
) -> None:
    run = training(*reports)
    assert with_system(run, machine((10, {CPU: 1}))) is run


def test_a_run_whose_machine_was_not_measured_stays_as_it_is() -> None:
    run = training((1, 10), (2, 20))
    assert with_system(run, machine()) is run


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.floats(-1e6, 1e6)), max_size=20),
    st.lists(st.floats(-1e6, 1e6), unique=True, max_size=20),
)
def test_whatever_the_times_the_steps_of_a_measurement_increase(
    reports: list[tuple[int, float]], times: list[float]
) -> None:
    shown = with_system(training(*reports), machine(*((after_s, {CPU: after_s}) for after_s in times)))
    for part in (shown.finite(CPU), shown.nonfinite(CPU)):
        assert len(part.steps) == len(part.values)
        assert np.all(np.diff(part.steps) > 0)
