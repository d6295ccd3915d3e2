"""Which points are drawn, exactly, and what the figure is made of."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.charts import DARK, LIGHT, LossCurve, View, chart_alt, figure_json, loss_curve, loss_figure
from arkor_dash.events import TrainingLog
from arkor_dash.losses import FloatArray, Losses, LossHistory, NonFinite, Series

NAN, INF = math.nan, math.inf
NOTHING = Series(np.empty(0), np.empty(0))


def losses_of(*reports: tuple[float, float | None, float | None]) -> Losses:
    history = LossHistory()
    for step, loss, eval_loss in reports:
        history.append(TrainingLog(None, step, loss=loss, eval_loss=eval_loss))
    return history.snapshot()


def training(values: FloatArray, steps: FloatArray | None = None) -> Losses:
    at = np.arange(float(len(values))) if steps is None else steps
    return Losses(Series(at, values), NOTHING, NonFinite(NOTHING, NOTHING), 1)


def figure_of(losses: Losses, view: View | None = None) -> dict[str, Any]:
    return figure_json(loss_figure(loss_curve(losses, view or View()), LIGHT))


def traces_of(losses: Losses) -> dict[str, Any]:
    return {trace["name"]: trace for trace in figure_of(losses)["data"]}


def hover_of(losses: Losses, view: View | None = None) -> dict[float, str]:
    trace = loss_figure(loss_curve(losses, view or View()), LIGHT).data[-1]
    return dict(zip(trace.x.tolist(), trace.text, strict=True))


def test_a_short_series_is_drawn_whole() -> None:
    curve = loss_curve(losses_of((1, 3.0, None), (2, 2.0, 2.5), (3, 1.0, None)), View())
    assert curve.train.points.steps.tolist() == [1, 2, 3]
    assert curve.train.points.values.tolist() == [3.0, 2.0, 1.0]
    assert curve.eval.points.steps.tolist() == [2]
    assert (curve.drawn, curve.total, curve.extent) == (4, 4, (1, 3))


def test_a_long_series_is_drawn_in_about_two_points_a_pixel() -> None:
    rng = np.random.default_rng(7)
    curve = loss_curve(training(rng.normal(2, 0.1, 100_000)), View(width_px=800))
    assert 800 <= curve.drawn <= 2 * 800 + 2
    assert curve.total == 100_000
    assert curve.train.inside.steps[[0, -1]].tolist() == [0, 99_999]


def test_thinning_keeps_every_spike_of_a_single_step() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(2, 0.01, 200_000)
    spikes = np.arange(1234, 200_000, 4001)
    values[spikes[::2]] = 9.0
    values[spikes[1::2]] = 0.1
    curve = loss_curve(training(values), View(width_px=1000))
    assert set(spikes.tolist()) <= set(curve.train.points.steps.tolist())


def test_thinning_keeps_the_least_and_the_greatest_of_each_two_pixels() -> None:
    rng = np.random.default_rng(11)
    values = rng.normal(0, 1, 60_000)
    drawn = set(loss_curve(training(values), View(width_px=200)).train.points.values.tolist())
    columns = values.reshape(100, -1)
    assert {*columns.min(axis=1), *columns.max(axis=1)} <= drawn


def test_a_sparse_stretch_beside_a_dense_one_is_thinned_by_pixels_not_by_points() -> None:
    rng = np.random.default_rng(5)
    steps = np.concatenate([np.linspace(0, 99.9, 50_000), np.arange(100.0, 1001.0)])
    values = rng.normal(0, 1, len(steps))
    drawn = set(loss_curve(training(values, steps), View(width_px=200)).train.points.values.tolist())
    for left in range(100, 1000, 10):
        column = values[(steps > left) & (steps < left + 10)]
        assert {column.min(), column.max()} & drawn
    assert np.isin(values[50_000:], list(drawn)).sum() > 170


@pytest.mark.parametrize("huge", [1e300, 1.7e308])
def test_steps_and_losses_at_the_end_of_the_floats_are_thinned_too(huge: float) -> None:
    half = np.linspace(0, 1, 5_000)
    steps = np.concatenate([-huge * half[::-1], huge * half[1:]])
    curve = loss_curve(training(np.where(steps > 0, huge, -huge), steps), View(width_px=100))
    assert curve.train.inside.steps[[0, -1]].tolist() == [-huge, huge]
    assert 100 <= curve.drawn <= 202
    figure_of(training(steps, steps))


def test_thinning_does_not_depend_on_the_scale_of_the_steps() -> None:
    values = np.random.default_rng(2).normal(0, 1, 5_000)
    steps = np.linspace(-1, 1, 5_000) * 1.7e308
    view = View(width_px=100)
    huge, small = (loss_curve(training(values, each), view).train.inside for each in (steps, steps / 2**900))
    assert huge.values.tolist() == small.values.tolist()


def test_a_range_draws_its_points_and_one_neighbour_on_each_side() -> None:
    curve = loss_curve(training(np.arange(10.0)), View(x_range=(2.5, 6.0)))
    assert curve.train.inside.steps.tolist() == [3, 4, 5, 6]
    assert curve.train.points.steps.tolist() == [2, 3, 4, 5, 6, 7]
    assert (curve.drawn, curve.total, curve.extent) == (4, 4, (0, 9))


def test_a_range_between_two_points_draws_the_line_that_crosses_it() -> None:
    curve = loss_curve(training(np.arange(10.0)), View(x_range=(2.2, 2.8)))
    assert curve.train.points.steps.tolist() == [2, 3]
    assert (curve.drawn, curve.total) == (0, 0)


@pytest.mark.parametrize(("x_range", "drawn"), [((-9, -5), [0]), ((20, 30), [9]), ((9, 9), [8, 9])])
def test_a_range_at_or_past_the_end_draws_what_is_next_to_it(
    x_range: tuple[float, float], drawn: list[float]
) -> None:
    curve = loss_curve(training(np.arange(10.0)), View(x_range=x_range))
    assert curve.train.points.steps.tolist() == drawn


def test_the_ends_of_a_range_may_come_in_either_order() -> None:
    losses = training(np.arange(10.0))
    backwards = loss_curve(losses, View(x_range=(6, 3)))
    assert backwards.train.inside.steps.tolist() == [3, 4, 5, 6]


def test_zooming_in_draws_more_of_what_is_in_view() -> None:
    losses = training(np.random.default_rng(1).normal(0, 1, 50_000))
    inside = loss_curve(losses, View(x_range=(1000, 1500), width_px=400))
    assert (inside.drawn, inside.total) == (501, 501)


@pytest.mark.parametrize("width_px", [-5, 0, 1])
def test_a_width_of_nothing_still_draws_a_line(width_px: int) -> None:
    assert loss_curve(training(np.arange(5_000.0)), View(width_px=width_px)).drawn >= 100


def test_no_losses_draw_nothing() -> None:
    curve = loss_curve(losses_of(), View(x_range=(0, 1)))
    assert (curve.drawn, curve.total, curve.extent) == (0, 0, None)
    assert figure_of(losses_of())["data"] == []


finite = st.floats(-1e9, 1e9)


@given(
    st.lists(finite, min_size=1, max_size=400),
    st.one_of(st.none(), st.tuples(finite, finite)),
    st.integers(1, 150),
)
def test_what_is_drawn_is_a_part_of_the_series_in_order_with_its_ends(
    values: list[float], x_range: tuple[float, float] | None, width_px: int
) -> None:
    losses = training(np.array(values * 3))
    inside = loss_curve(losses, View(x_range, width_px)).train.inside
    low, high = sorted(x_range or (0, len(losses.train)))
    in_view = [step for step in losses.train.steps.tolist() if low <= step <= high]
    steps = inside.steps.tolist()
    assert steps == sorted(set(steps))
    assert inside.values.tolist() == [losses.train.values[int(step)] for step in steps]
    if in_view:
        shown = losses.train.values[[int(step) for step in in_view]]
        assert (steps[0], steps[-1]) == (in_view[0], in_view[-1])
        assert (inside.values.min(), inside.values.max()) == (shown.min(), shown.max())


def test_training_is_a_solid_teal_line_and_eval_a_dashed_pink_one_with_markers() -> None:
    traces = traces_of(losses_of((1, 3.0, 3.5), (2, 2.0, 2.5)))
    train, evals = traces["Training loss"], traces["Eval loss"]
    assert (train["mode"], train["line"]["dash"], train["line"]["color"]) == ("lines", "solid", "#0d9488")
    assert (evals["mode"], evals["line"]["dash"], evals["line"]["color"]) == (
        "lines+markers",
        "dash",
        "#db2777",
    )
    assert evals["marker"]["color"] == "#db2777"


@pytest.mark.parametrize(
    ("report", "names"),
    [
        ((1, 3.0, None), ["Training loss"]),
        ((1, None, 3.0), ["Eval loss"]),
        ((1, 3.0, 3.0), ["Training loss", "Eval loss"]),
        ((1, NAN, None), ["Not finite"]),
    ],
)
def test_the_legend_names_only_what_has_points(
    report: tuple[float, float | None, float | None], names: list[str]
) -> None:
    figure = figure_of(losses_of(report))
    assert [trace["name"] for trace in figure["data"] if trace.get("showlegend", True)] == names
    assert figure["layout"]["showlegend"] is True


def test_a_first_training_point_can_be_seen() -> None:
    assert traces_of(losses_of((1, 3.0, None)))["Training loss"]["mode"] == "markers"


def test_the_axes_are_step_and_loss() -> None:
    layout = figure_of(losses_of((1, 3.0, None)))["layout"]
    assert (layout["xaxis"]["title"]["text"], layout["yaxis"]["title"]["text"]) == ("step", "loss")


def test_a_figure_keeps_the_zoom_and_stays_small() -> None:
    first, later = (figure_of(losses_of(*((i, 1.0, None) for i in range(n)))) for n in (3, 5))
    assert first["layout"]["uirevision"] == later["layout"]["uirevision"]
    assert "range" not in first["layout"]["xaxis"]
    assert len(json.dumps(first["layout"]["template"])) < 100
    assert len(json.dumps(figure_of(training(np.arange(1e6)), View(width_px=1200)))) < 250_000


def test_zooming_out_of_a_part_shows_the_whole_job() -> None:
    figure = figure_of(training(np.arange(100.0)), View(x_range=(10, 20)))
    assert list(figure["layout"]["xaxis"]["autorangeoptions"]["include"]) == [0, 99]


def test_hover_says_the_step_and_only_the_losses_that_it_has() -> None:
    losses = losses_of((1, 3.0, None), (2, 2.00004, 2.50006), (3, None, 1.25), (4, NAN, None), (5, 1.0, INF))
    assert hover_of(losses) == {
        1: "Training loss 3.0000",
        2: "Training loss 2.0000<br>Eval loss 2.5001",
        3: "Eval loss 1.2500",
        4: "Training loss NaN",
        5: "Training loss 1.0000<br>Eval loss Infinity",
    }
    assert "%{x}" in figure_of(losses)["layout"]["xaxis"]["unifiedhovertitle"]["text"]


def test_hover_reads_the_full_series_where_the_drawn_one_is_thinned() -> None:
    reports = [(float(step), 1.0, 2.0 if step % 2 else None) for step in range(5_000)]
    hover = hover_of(losses_of(*reports), View(width_px=100))
    assert len(hover) < 1_000
    for step, text in hover.items():
        assert ("Eval loss 2.0000" in text) == bool(step % 2)
        assert "Training loss 1.0000" in text


def test_only_one_trace_answers_the_pointer() -> None:
    figure = loss_figure(loss_curve(losses_of((1, 3.0, 3.0), (2, NAN, 1.0)), View()), LIGHT)
    assert [trace.hoverinfo for trace in figure.data] == ["skip", "skip", "skip", "text"]


def test_losses_that_are_not_finite_are_marked_at_their_steps() -> None:
    losses = losses_of((1, 3.0, None), (2, NAN, None), (3, 2.0, -INF), (4, INF, NAN))
    curve = loss_curve(losses, View())
    assert curve.marks.tolist() == [2, 3, 4]
    assert curve.nonfinite == 4
    figure = loss_figure(curve, LIGHT)
    marks = next(trace for trace in figure.data if trace.name == "Not finite")
    assert (marks.x.tolist(), marks.yaxis) == ([2, 3, 4], "y2")


def test_marks_follow_the_view_and_number_at_most_one_a_pixel() -> None:
    losses = losses_of(*((float(step), NAN, None) for step in range(3_000)))
    curve = loss_curve(losses, View(x_range=(0, 1999), width_px=200))
    assert curve.nonfinite == 2_000
    assert 190 <= len(curve.marks) <= 201
    assert curve.marks[0] == 0


def test_a_job_of_nan_alone_has_an_axis_to_stand_on() -> None:
    figure = figure_of(losses_of((1, NAN, None)))
    assert {trace.get("yaxis") for trace in figure["data"]} == {"y"}


def test_light_and_dark_differ_only_in_their_colours() -> None:
    curve = loss_curve(losses_of((1, 3.0, 3.0), (2, 2.0, 2.0)), View())
    recoloured = replace(
        DARK,
        **{name: getattr(LIGHT, name) for name in ("train", "eval", "nonfinite", "text", "grid", "hover")},
    )
    assert recoloured == LIGHT
    dark = figure_json(loss_figure(curve, DARK))
    assert [trace["line"]["color"] for trace in dark["data"][:2]] == ["#2dd4bf", "#f472b6"]
    assert dark["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


def numbers(field: dict[str, str]) -> list[float]:
    return np.frombuffer(base64.b64decode(field["bdata"]), dtype=field["dtype"]).tolist()


def test_the_json_holds_the_numbers_exactly() -> None:
    values = [1 / 3, 1e-300, 123456.789012345]
    figure = json.loads(json.dumps(figure_of(training(np.array(values)))))
    assert numbers(figure["data"][0]["y"]) == values
    assert numbers(figure["data"][0]["x"]) == [0, 1, 2]


def test_a_loss_that_plotly_can_not_place_is_drawn_at_the_edge_and_read_exactly() -> None:
    losses = losses_of((1, 1.5e308, None), (2, 1.0, None))
    figure = figure_of(losses)
    assert numbers(figure["data"][0]["y"]) == [1e300, 1.0]
    assert hover_of(losses)[1].startswith("Training loss 15000")


@pytest.mark.parametrize(
    ("losses", "text"),
    [
        (losses_of(), "No loss in view."),
        (losses_of((7, 2.5, None)), "Training loss, 1 point, 2.5 at step 7."),
        (
            losses_of((1, 4.61834, None), (1.5, 3.0, 2.25), (600, 1.98, NAN)),
            "Training loss, 3 points, from 4.618 at step 1 to 1.98 at step 600; "
            "eval loss, 1 point, 2.25 at step 1.5; 1 loss not finite.",
        ),
        (losses_of((1, NAN, INF)), "2 losses not finite."),
    ],
)
def test_the_alternative_text_is_one_sentence_of_what_the_chart_shows(losses: Losses, text: str) -> None:
    assert chart_alt(loss_curve(losses, View())) == text


def test_the_alternative_text_counts_all_points_of_a_thinned_line() -> None:
    curve: LossCurve = loss_curve(training(np.full(50_000, 2.0)), View(width_px=300))
    assert chart_alt(curve) == "Training loss, 50,000 points, from 2 at step 0 to 2 at step 49999."
