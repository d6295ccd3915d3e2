"""Which points are drawn, exactly, and what the figure is made of."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.charts.downsampling import prominence
from arkor_dash.charts.loss_curve import LossCurve, View, loss_curve
from arkor_dash.charts.loss_figure import chart_alt, loss_figure
from arkor_dash.charts.theme import DARK, LIGHT, ChartTheme
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.metrics.losses import FloatArray, Losses, LossHistory, NonFinite, Series
from arkor_dash.protocol.events import TrainingLog, format_loss

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
    return wire_json(loss_figure(loss_curve(losses, view or View()), LIGHT))


def traces_of(losses: Losses) -> dict[str, Any]:
    return {trace["name"]: trace for trace in figure_of(losses)["data"]}


def hover_of(losses: Losses, view: View | None = None) -> dict[float, str]:
    """What the browser says at each step that it can name."""
    said: dict[float, str] = {}
    for trace in figure_of(losses, view)["data"]:
        if trace["hoverinfo"] == "skip":
            continue
        first, *lines = trace["hovertemplate"].removesuffix("<extra></extra>").split("<br>")
        assert first == "step %{x:.9~f}"
        named = [
            re.fullmatch(r"(Training|Eval) loss %\{customdata\[(\d)\]:\.4([fe])\}", line) for line in lines
        ]
        for step, losses_there in zip(numbers(trace["x"]), numbers(trace["customdata"]), strict=True):
            assert step not in said
            assert len(losses_there) == len(lines)
            said[step] = ", ".join(f"{m[1]} {as_d3(losses_there[int(m[2])], m[3])}" for m in named if m)
    return said


def as_d3(loss: float, kind: str) -> str:
    """The loss as d3-format writes it in the format `.4f` or `.4e`."""
    if kind == "f":
        return format_loss(loss)
    mantissa, exponent = f"{loss:.4e}".split("e")
    return f"{mantissa}e{int(exponent):+d}"


def numbers(field: dict[str, str]) -> list[Any]:
    flat = np.frombuffer(base64.b64decode(field["bdata"]), dtype=field["dtype"])
    return flat.reshape([int(n) for n in field.get("shape", "-1").split(",")]).tolist()


def busy(count: int, *, eval_every: int, spikes: Iterable[int] = (), bad: Iterable[int] = ()) -> Losses:
    """A noisy, falling loss of steps from 1 on, with spikes and NaN at the steps named."""
    rng = np.random.default_rng(1)
    steps = np.arange(1.0, count + 1)
    values = 3 * np.exp(-3 * steps / count) + 1 + rng.normal(0, 0.05, count)
    values[np.array(list(spikes), dtype=int) - 1] *= 2
    at = steps[eval_every - 1 :: eval_every].copy()
    evals = Series(at, values[eval_every - 1 :: eval_every] + rng.normal(0.2, 0.01, len(at)))
    gone = np.array(sorted(bad), dtype=int)
    nonfinite = NonFinite(Series(gone.astype(float), np.full(len(gone), NAN)), NOTHING)
    return Losses(Series(np.delete(steps, gone - 1), np.delete(values, gone - 1)), evals, nonfinite, 1)


def test_every_point_of_a_short_series_is_drawn() -> None:
    curve = loss_curve(losses_of((1, 3.0, None), (2, 2.0, 2.5), (3, 1.0, None)), View())
    assert curve.train.points.steps.tolist() == [1, 2, 3]
    assert curve.train.points.values.tolist() == [3.0, 2.0, 1.0]
    assert curve.eval.points.steps.tolist() == [2]
    assert (curve.drawn, curve.total, curve.extent) == (4, 4, (1, 3))


def test_a_long_series_is_drawn_with_about_two_points_per_pixel() -> None:
    rng = np.random.default_rng(7)
    curve = loss_curve(training(rng.normal(2, 0.1, 100_000)), View(width_px=800))
    assert 800 <= curve.drawn <= 2 * 800 + 2
    assert curve.total == 100_000
    assert curve.train.inside.steps[[0, -1]].tolist() == [0, 99_999]


def test_downsampling_keeps_every_spike_of_a_single_step() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(2, 0.01, 200_000)
    spikes = np.arange(1234, 200_000, 4001)
    values[spikes[::2]] = 9.0
    values[spikes[1::2]] = 0.1
    curve = loss_curve(training(values), View(width_px=1000))
    assert set(spikes.tolist()) <= set(curve.train.points.steps.tolist())


def test_downsampling_keeps_the_extremes_of_every_two_pixels() -> None:
    rng = np.random.default_rng(11)
    values = rng.normal(0, 1, 60_000)
    drawn = set(loss_curve(training(values), View(width_px=200)).train.points.values.tolist())
    columns = values.reshape(100, -1)
    assert {*columns.min(axis=1), *columns.max(axis=1)} <= drawn


def test_downsampling_counts_pixels_where_steps_are_unevenly_spaced() -> None:
    rng = np.random.default_rng(5)
    steps = np.concatenate([np.linspace(0, 99.9, 50_000), np.arange(100.0, 1001.0)])
    values = rng.normal(0, 1, len(steps))
    drawn = set(loss_curve(training(values, steps), View(width_px=200)).train.points.values.tolist())
    for left in range(100, 1000, 10):
        column = values[(steps > left) & (steps < left + 10)]
        assert {column.min(), column.max()} & drawn
    assert np.isin(values[50_000:], list(drawn)).sum() > 170


@pytest.mark.parametrize("huge", [1e300, 1.7e308])
def test_steps_and_losses_near_the_largest_float_are_downsampled(huge: float) -> None:
    half = np.linspace(0, 1, 5_000)
    steps = np.concatenate([-huge * half[::-1], huge * half[1:]])
    curve = loss_curve(training(np.where(steps > 0, huge, -huge), steps), View(width_px=100))
    assert curve.train.inside.steps[[0, -1]].tolist() == [-huge, huge]
    assert 100 <= curve.drawn <= 202
    figure_of(training(steps, steps))
    count = np.arange(float(len(steps)))
    zigzag = Series(count, np.where(count % 2, huge, -huge))
    hover = hover_of(Losses(zigzag, zigzag, NonFinite(NOTHING, NOTHING), 1), View(width_px=100))
    assert set(hover.values()) == {
        f"Training {loss}, Eval {loss}" for loss in map(format_loss, (-huge, huge))
    }


def test_downsampling_does_not_depend_on_the_scale_of_the_steps() -> None:
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
def test_a_range_at_or_beyond_an_end_draws_the_nearest_point(
    x_range: tuple[float, float], drawn: list[float]
) -> None:
    curve = loss_curve(training(np.arange(10.0)), View(x_range=x_range))
    assert curve.train.points.steps.tolist() == drawn


def test_the_ends_of_a_range_can_be_in_either_order() -> None:
    losses = training(np.arange(10.0))
    backwards = loss_curve(losses, View(x_range=(6, 3)))
    assert backwards.train.inside.steps.tolist() == [3, 4, 5, 6]


def test_zooming_in_draws_more_of_the_points_in_view() -> None:
    losses = training(np.random.default_rng(1).normal(0, 1, 50_000))
    inside = loss_curve(losses, View(x_range=(1000, 1500), width_px=400))
    assert (inside.drawn, inside.total) == (501, 501)


@pytest.mark.parametrize("width_px", [-5, 0, 1])
def test_a_chart_without_a_width_still_draws_a_line(width_px: int) -> None:
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
def test_the_drawn_points_are_an_ordered_subset_with_both_ends_and_extremes(
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
def test_the_legend_names_only_series_with_points(
    report: tuple[float, float | None, float | None], names: list[str]
) -> None:
    figure = figure_of(losses_of(report))
    assert [trace["name"] for trace in figure["data"] if trace.get("showlegend", True)] == names
    assert figure["layout"]["showlegend"] is True


def test_a_single_training_point_is_drawn_as_a_marker() -> None:
    assert traces_of(losses_of((1, 3.0, None)))["Training loss"]["mode"] == "markers"


def test_the_axes_are_step_and_loss() -> None:
    layout = figure_of(losses_of((1, 3.0, None)))["layout"]
    assert (layout["xaxis"]["title"]["text"], layout["yaxis"]["title"]["text"]) == ("step", "loss")


def test_an_update_keeps_the_zoom_and_has_no_template() -> None:
    first, later = (figure_of(losses_of(*((i, 1.0, None) for i in range(n)))) for n in (3, 5))
    assert first["layout"]["uirevision"] == later["layout"]["uirevision"]
    assert "range" not in first["layout"]["xaxis"]
    assert len(json.dumps(first["layout"]["template"])) < 100


@pytest.mark.parametrize("eval_every", [1, 25, 1000])
def test_an_update_of_a_run_of_a_million_steps_is_under_60_kb(eval_every: int) -> None:
    spikes, bad = range(1234, 1_000_000, 4001), range(77_777, 1_000_000, 90_000)
    losses = busy(1_000_000, eval_every=eval_every, spikes=spikes, bad=bad)
    assert len(json.dumps(figure_of(losses, View(width_px=1000)))) < 60_000


def test_zooming_out_shows_the_whole_job() -> None:
    figure = figure_of(training(np.arange(100.0)), View(x_range=(10, 20)))
    assert list(figure["layout"]["xaxis"]["autorangeoptions"]["include"]) == [0, 99]


def test_a_label_has_the_step_and_only_its_reported_losses() -> None:
    losses = losses_of((1, 3.0, None), (2, 2.00004, 2.50006), (3, None, 1.25), (4, NAN, None), (5, 1.0, INF))
    assert hover_of(losses) == {
        1: "Training 3.0000",
        2: "Training 2.0000, Eval 2.5001",
        3: "Eval 1.2500",
        4: "Training NaN",
        5: "Training 1.0000, Eval Infinity",
    }


@pytest.mark.parametrize("loss", [2.00005, 0.03125, -2.03125, 1234.56785, 9e15 + 0.5, 1e-9, 1.5e308])
def test_a_label_rounds_as_the_event_log_does(loss: float) -> None:
    figure = figure_of(losses_of((1, loss, None), (2, 1.0, None)))
    # In the browser no number is halfway between two that it could round to.
    (said,) = numbers(figure["data"][-1]["customdata"])[0]
    assert abs(said - float(format_loss(loss))) < 4e-5


@pytest.mark.parametrize(
    ("losses", "text"),
    [
        ((3.21e-5, None), "Training 3.2100e-5"),
        ((-4.9e-5, 4e-310), "Training -4.9000e-5, Eval 4.0000e-310"),
        ((2.0, 1.23456e-7), "Training 2.0000, Eval 1.2346e-7"),
        ((5e-5, 0.0), "Training 0.0001, Eval 0.0000"),
    ],
)
def test_a_label_shows_an_exponent_where_four_decimals_would_be_zeros(
    losses: tuple[float, float | None], text: str
) -> None:
    assert hover_of(losses_of((1, *losses), (2, 1.0, 1.0))) == {1: text, 2: "Training 1.0000, Eval 1.0000"}


def test_labels_show_values_of_the_full_series_where_it_is_downsampled() -> None:
    reports = [(float(step), 1.0, 2.0 if step % 2 else None) for step in range(5_000)]
    hover = hover_of(losses_of(*reports), View(width_px=100))
    assert {step % 2 for step in hover} == {0, 1}
    for step, text in hover.items():
        assert text == ("Training 1.0000, Eval 2.0000" if step % 2 else "Training 1.0000")


def test_every_step_has_a_label_if_steps_are_a_pixel_apart() -> None:
    reports = [(float(step), 1.0, 2.0 if step % 7 == 0 else None) for step in range(1_000)]
    assert len(hover_of(losses_of(*reports), View(width_px=1000))) == 1_000


@pytest.mark.parametrize("eval_every", [1, 25, 1000])
def test_labelled_steps_of_a_long_run_are_far_enough_apart_for_the_pointer(eval_every: int) -> None:
    steps = np.array(sorted(hover_of(busy(100_000, eval_every=eval_every), View(width_px=1000))))
    a_pixel = 100_000 / 1000
    # A step answers from half of the way to the one before to half of the way to the one after.
    assert ((steps[2:] - steps[:-2]) / 2).min() > 0.99 * a_pixel
    assert np.diff(steps).max() < 4 * a_pixel


@pytest.mark.parametrize("eval_every", [25, 1000])
def test_every_spike_and_every_nan_of_a_long_run_has_a_label(eval_every: int) -> None:
    spikes, bad = range(5_001, 1_000_000, 9_001), range(81_500, 1_000_000, 90_010)
    losses = busy(1_000_000, eval_every=eval_every, spikes=spikes, bad=bad)
    hover = hover_of(losses, View(width_px=1000))
    assert set(spikes) <= set(hover)
    assert all(hover[step].startswith("Training NaN") for step in bad)


@pytest.mark.parametrize("flat", [False, True])
def test_every_isolated_eval_point_has_a_label(flat: bool) -> None:
    losses = busy(1_000_000, eval_every=10_000)
    if flat:
        losses = replace(losses, train=Series(losses.train.steps, np.full(1_000_000, 2.0)))
    hover = hover_of(losses, View(width_px=1000))
    assert all("Eval" in hover[step] for step in losses.eval.steps.tolist())


def test_labels_show_both_losses_where_eval_points_are_dense() -> None:
    texts = list(hover_of(busy(1_000_000, eval_every=25), View(width_px=1000)).values())
    assert sum(text.startswith("Training") and "Eval" in text for text in texts) > 0.9 * len(texts)


def test_the_first_and_the_last_step_of_a_long_run_have_a_label() -> None:
    assert {0.0, 99_999.0} <= set(hover_of(training(np.random.default_rng(0).normal(2, 0.1, 100_000))))


def test_prominence_is_the_distance_from_the_mean_of_the_neighbours() -> None:
    assert prominence(np.array([9.0, 0.0, 2.0, 2.0, 8.0, 2.0])).tolist() == [0, 5.5, 1, 3, 6, 0]
    assert prominence(np.array([1.7e308, -1.7e308, 1.7e308])).tolist() == [0, INF, 0]
    assert [prominence(np.ones(n)).tolist() for n in range(4)] == [[0] * n for n in range(4)]


def test_only_invisible_traces_have_hover_labels() -> None:
    figure = figure_of(losses_of((1, 3.0, 3.0), (2, NAN, 1.0), (3, 2.0, None), (4, None, 2.0)))
    seen = {trace["name"]: trace["hoverinfo"] for trace in figure["data"] if trace.get("showlegend", True)}
    assert seen == {"Training loss": "skip", "Eval loss": "skip", "Not finite": "skip"}
    hover = [trace for trace in figure["data"] if not trace.get("showlegend", True)]
    assert [(trace["hoverinfo"], trace["mode"]) for trace in hover] == [("text", "none")] * 3
    # One height for all, so that the step alone decides which point is the closest.
    assert {height for trace in hover for height in numbers(trace["y"])} == {50}
    assert figure["layout"]["hovermode"] == "closest"


def test_losses_that_are_not_finite_are_marked_at_their_steps() -> None:
    losses = losses_of((1, 3.0, None), (2, NAN, None), (3, 2.0, -INF), (4, INF, NAN))
    curve = loss_curve(losses, View())
    assert curve.marks.tolist() == [2, 3, 4]
    assert curve.nonfinite == 4
    figure = loss_figure(curve, LIGHT)
    marks = next(trace for trace in figure.data if trace.name == "Not finite")
    assert (marks.x.tolist(), marks.yaxis) == ([2, 3, 4], "y2")


def test_marks_are_those_in_view_and_at_most_one_per_pixel() -> None:
    losses = losses_of(*((float(step), NAN, None) for step in range(3_000)))
    curve = loss_curve(losses, View(x_range=(0, 1999), width_px=200))
    assert curve.nonfinite == 2_000
    assert 190 <= len(curve.marks) <= 201
    assert curve.marks[0] == 0


def test_a_job_with_only_nan_losses_is_drawn_on_the_main_axis() -> None:
    figure = figure_of(losses_of((1, NAN, None)))
    assert {trace.get("yaxis") for trace in figure["data"]} == {"y"}


def test_light_and_dark_differ_only_in_their_colours() -> None:
    curve = loss_curve(losses_of((1, 3.0, 3.0), (2, 2.0, 2.0)), View())
    recoloured = replace(
        DARK,
        **{
            name: getattr(LIGHT, name)
            for name in ("train", "eval", "nonfinite", "text", "grid", "hover", "quiet")
        },
    )
    assert recoloured == LIGHT
    dark = wire_json(loss_figure(curve, DARK))
    assert [trace["line"]["color"] for trace in dark["data"][:2]] == ["#2dd4bf", "#f472b6"]
    assert dark["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


@pytest.mark.parametrize(("theme", "page"), [(LIGHT, "#ffffff"), (DARK, "#0f1616")], ids=["light", "dark"])
def test_the_tool_bar_has_enough_contrast_with_the_page(theme: ChartTheme, page: str) -> None:
    figure = loss_figure(loss_curve(losses_of((1, 3.0, None)), View()), theme)
    brighter, darker = sorted(map(luminance, (figure.layout.modebar.color, page)), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= 3  # WCAG 2.1, 1.4.11


def luminance(colour: str) -> float:
    """Source: WCAG 2.1, relative luminance."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_hover_labels_use_the_font_of_the_chart() -> None:
    figure = loss_figure(loss_curve(losses_of((1, 3.0, None)), View()), LIGHT)
    assert figure.layout.hoverlabel.font.family == figure.layout.font.family


def test_the_json_has_exact_steps_and_losses_within_a_fraction_of_a_pixel() -> None:
    values = [1 / 3, 1e-300, 123456.789012345]
    figure = json.loads(json.dumps(figure_of(training(np.array(values)))))
    assert np.abs(np.array(numbers(figure["data"][0]["y"])) - values).max() <= 1e-5 * 123456
    assert numbers(figure["data"][0]["x"]) == [0, 1, 2]


@pytest.mark.parametrize("values", [[1e6, 1e6 + 1e-3, 1e6 + 2e-3], [1e39, 0.0, -1e39], [0.1, 0.1, 0.1]])
def test_losses_that_float32_would_visibly_move_are_sent_as_float64(values: list[float]) -> None:
    assert numbers(figure_of(training(np.array(values)))["data"][0]["y"]) == values


@pytest.mark.parametrize(
    "steps", [[0.5, 1.0, 1.25], [0.0, 1.0, 2.0**31], [-(2.0**53), 0.0, 2.0**53], [-7.0, 0, 7]]
)
def test_steps_of_any_kind_are_sent_exactly(steps: list[float]) -> None:
    figure = figure_of(training(np.ones(3), np.array(steps)))
    assert [numbers(trace["x"]) for trace in figure["data"]] == [steps, steps]


def test_a_loss_beyond_plotlys_range_is_drawn_at_the_edge_and_labelled_exactly() -> None:
    losses = losses_of((1, 1.5e308, None), (2, 1.0, None))
    figure = figure_of(losses)
    assert numbers(figure["data"][0]["y"]) == [1e300, 1.0]
    assert numbers(figure["data"][-1]["customdata"]) == [[1.5e308], [1.0]]


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
def test_the_alternative_text_describes_the_drawn_series_in_one_sentence(losses: Losses, text: str) -> None:
    assert chart_alt(loss_curve(losses, View())) == text


def test_the_alternative_text_counts_all_points_of_a_downsampled_line() -> None:
    curve: LossCurve = loss_curve(training(np.full(50_000, 2.0)), View(width_px=300))
    assert chart_alt(curve) == "Training loss, 50,000 points, from 2 at step 0 to 2 at step 49999."
