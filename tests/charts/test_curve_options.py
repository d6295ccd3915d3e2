"""The options of a curve: smoothing, x axis, log scale, clipping; and its landmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from plotly import graph_objects as go

from arkor_dash.charts.curve import CurveOptions, View
from arkor_dash.charts.curve_figure import curve_figure
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.charts.x_axis import ELAPSED, EPOCH, TIME_OF_DAY, x_axis
from arkor_dash.metrics.findings import Finding
from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.losses import Losses, losses_among
from arkor_dash.metrics.series import Value
from arkor_dash.metrics.smoothing import smoothed
from tests.metrics.reports import metrics_of, report

from .reports import loss_curve, train_of

STARTED_AT_MS = 1_700_000_000_000.0
RNG = np.random.default_rng(11)
NOISY = RNG.normal(2, 0.2, 5000)


def run_of(values: Any, evals: dict[int, float] | None = None) -> tuple[Losses, Metrics]:
    """A run with one step per second and one epoch per hundred steps."""
    eval_losses = evals or {}
    metrics = metrics_of(
        *(
            report(
                step,
                STARTED_AT_MS + step * 1000,
                loss=float(value),
                eval_loss=eval_losses.get(step),
                epoch=step / 100,
            )
            for step, value in enumerate(values, start=1)
        )
    )
    return losses_among(metrics), metrics


def trace_of(figure: go.Figure, name: str) -> Any:
    return next(trace for trace in figure.data if trace.name == name)


def labels(figure: go.Figure) -> list[str]:
    return [trace.hovertemplate for trace in figure.data if trace.hoverinfo == "text"]


def test_the_smoothed_line_is_drawn_over_a_faint_raw_line_at_the_same_steps() -> None:
    losses, _ = run_of(NOISY)
    figure = curve_figure(loss_curve(losses, View(width_px=300), CurveOptions(smoothing=0.9)), LIGHT)
    raw, line = trace_of(figure, "Training loss"), trace_of(figure, "Smoothed")
    assert raw.opacity < 0.5
    assert line.opacity is None
    np.testing.assert_array_equal(raw.x, line.x)
    whole = smoothed(losses.train.finite.values, 0.9)
    np.testing.assert_allclose(line.y, whole[line.x - 1], rtol=1e-5)
    assert all("Smoothed %{customdata[1]:,.4f}" in label for label in labels(figure))


def test_smoothing_uses_the_losses_before_the_view() -> None:
    losses, _ = run_of(NOISY)
    curve = loss_curve(losses, View((4990, 5000)), CurveOptions(smoothing=0.99))
    smooth = curve.lines[0].smooth
    assert smooth is not None
    np.testing.assert_allclose(smooth.values[-1], smoothed(NOISY, 0.99)[-1])


def test_without_smoothing_there_is_one_opaque_line() -> None:
    losses, _ = run_of(NOISY)
    figure = curve_figure(loss_curve(losses, View()), LIGHT)
    assert trace_of(figure, "Training loss").opacity is None
    assert [trace.name for trace in figure.data if trace.mode == "lines"] == ["Training loss"]


@pytest.mark.parametrize(("kind", "scale"), [(ELAPSED, 1 / 60), (EPOCH, 1 / 100)])
def test_each_step_is_drawn_at_its_position_on_another_axis(kind: str, scale: float) -> None:
    losses, metrics = run_of(NOISY[:1000])
    axis = x_axis(kind, metrics, STARTED_AT_MS)
    figure = curve_figure(loss_curve(losses, View(), CurveOptions(axis)), LIGHT)
    np.testing.assert_allclose(trace_of(figure, "Training loss").x, np.arange(1, 1001) * scale)
    assert figure.layout.xaxis.title.text == axis.title
    assert figure.layout.xaxis.type == "linear"
    assert all(label.startswith("step %{customdata[1]") for label in labels(figure))


def test_an_axis_of_times_has_unix_milliseconds_and_shows_the_whole_run_when_zoomed_out() -> None:
    losses, metrics = run_of(NOISY[:100])
    axis = x_axis(TIME_OF_DAY, metrics, STARTED_AT_MS)
    view = View((STARTED_AT_MS + 20_000, STARTED_AT_MS + 30_000))
    figure = curve_figure(loss_curve(losses, view, CurveOptions(axis)), LIGHT)
    assert figure.layout.xaxis.type == "date"
    assert trace_of(figure, "Training loss").x[1] == STARTED_AT_MS + 20_000
    positions = np.concatenate([trace.x for trace in figure.data])
    assert [positions.min(), positions.max()] == [STARTED_AT_MS + 1000, STARTED_AT_MS + 100_000]


def test_a_range_on_another_axis_selects_the_steps_in_it() -> None:
    losses, metrics = run_of(NOISY[:1000])
    curve = loss_curve(losses, View((2.0, 3.0)), CurveOptions(x_axis(EPOCH, metrics, None)))
    assert train_of(curve).inside.steps[[0, -1]].tolist() == [200, 300]


def test_a_clipped_axis_excludes_the_extremes_and_counts_them() -> None:
    values = NOISY.copy()
    values[[10, 2000]] = 1e6, -1e6
    losses, _ = run_of(values)
    curve = loss_curve(losses, View(), CurveOptions(clip=True))
    assert curve.limits.y_range == pytest.approx(tuple(np.percentile(values, [1, 99])))
    assert curve.limits.clipped == 100
    low, high = curve_figure(curve, LIGHT).layout.yaxis.range
    assert 1 < low < high < 3
    assert curve_figure(loss_curve(losses, View()), LIGHT).layout.yaxis.range is None


def test_a_curve_without_extremes_is_not_clipped() -> None:
    losses, _ = run_of(np.full(100, 2.0))
    assert loss_curve(losses, View(), CurveOptions(clip=True)).limits.y_range is None
    assert loss_curve(run_of([])[0], View(), CurveOptions(clip=True)).limits.clipped == 0


def test_the_range_of_a_clipped_log_axis_is_in_powers_of_ten() -> None:
    losses, _ = run_of(np.geomspace(1e-3, 10, 1000))
    figure = curve_figure(loss_curve(losses, View(), CurveOptions(log_y=True, clip=True)), LIGHT)
    assert figure.layout.yaxis.type == "log"
    assert -3.2 < figure.layout.yaxis.range[0] < -2.9 < 0.9 < figure.layout.yaxis.range[1] < 1.2


def test_a_log_axis_with_negative_losses_has_no_range_of_its_own() -> None:
    losses, _ = run_of(np.linspace(-1, 1, 1000))
    figure = curve_figure(loss_curve(losses, View(), CurveOptions(log_y=True, clip=True)), LIGHT)
    assert figure.layout.yaxis.range is None


def test_landmarks_are_drawn_and_labelled() -> None:
    losses, _ = run_of(NOISY[:1000], {200: 1.0, 400: 0.5, 600: 0.9})
    finding = Finding("Overfitting", 400.0, "words", lasting=True)
    curve = loss_curve(
        losses, View(), checkpoints=(300.0, 400.0, 5000.0), findings=(finding,), best=Value(400.0, 0.5)
    )
    figure = curve_figure(curve, LIGHT)
    assert (trace_of(figure, "Best eval loss").x.tolist(), trace_of(figure, "Best eval loss").y.tolist()) == (
        [400],
        [0.5],
    )
    marks = trace_of(figure, "Checkpoint")
    assert (marks.x.tolist(), {*marks.y.tolist()}, marks.yaxis) == ([300, 400], {100}, "y2")
    steps_of_labels = {trace.hovertemplate: trace.x.tolist() for trace in figure.data if trace.hovertemplate}
    assert [steps for label, steps in steps_of_labels.items() if label.endswith("saved<extra></extra>")] == [
        [300],
        [400],
        [400],
    ]
    assert [
        steps for label, steps in steps_of_labels.items() if "best eval loss<br>checkpoint saved" in label
    ] == [[400]]
    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(400, 400)]
    assert figure.layout.annotations[0].text == "Overfitting"


def test_landmarks_can_be_selected_among_very_many_points() -> None:
    losses, _ = run_of(NOISY, {2001: 0.1})
    curve = loss_curve(losses, View(width_px=100), checkpoints=(3333.0,), best=Value(2001.0, 0.1))
    assert {2001.0, 3333.0} <= set(curve.readings.steps.tolist())


def test_a_curve_with_every_option_has_all_its_traces() -> None:
    losses, metrics = run_of(NOISY, dict.fromkeys(range(25, 5000, 25), 1.0))
    options = CurveOptions(x_axis(ELAPSED, metrics, None), smoothing=0.6, log_y=True, clip=True)
    figure = wire_json(curve_figure(loss_curve(losses, View(width_px=900), options), LIGHT))
    assert {trace["name"] for trace in figure["data"]} == {"", "Training loss", "Smoothed", "Eval loss"}
