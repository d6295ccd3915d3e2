"""The traces, axes and colours of the loss chart, and its JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from arkor_dash.charts.curve import Curve, View
from arkor_dash.charts.curve_figure import curve_figure
from arkor_dash.charts.curve_text import chart_alt
from arkor_dash.charts.loss_curve import loss_curve as job_loss_curve
from arkor_dash.charts.theme import DARK, DARK_COLOURS, LIGHT, RUN_COLOURS, ChartTheme
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.metrics.losses import EVAL_SETS, Losses
from arkor_dash.metrics.series import Series
from tests.metrics.reports import losses_of, metrics_of, report

from .reports import INF, NAN, busy, figure_of, loss_curve, losses_from, numbers, traces_of, training


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


def test_an_update_of_tiny_losses_is_under_60_kb() -> None:
    losses = busy(1_000_000, eval_every=1)
    tiny = [Series(each.finite.steps, each.finite.values * 1e-7) for each in (losses.train, *losses.evals)]
    update = figure_of(losses_from(*tiny), View(width_px=1000))
    assert len(json.dumps(update)) < 60_000


def test_zooming_out_shows_the_whole_job() -> None:
    figure = figure_of(training(np.arange(100.0)), View(x_range=(10, 20)))
    assert list(figure["layout"]["xaxis"]["autorangeoptions"]["include"]) == [0, 99]


def test_losses_that_are_not_finite_are_marked_at_their_steps() -> None:
    losses = losses_of((1, 3.0, None), (2, NAN, None), (3, 2.0, -INF), (4, INF, NAN))
    curve = loss_curve(losses, View())
    assert curve.marks.tolist() == [2, 3, 4]
    assert curve.nonfinite == 4
    figure = curve_figure(curve, LIGHT)
    marks = next(trace for trace in figure.data if trace.name == "Not finite")
    assert (marks.x.tolist(), marks.yaxis) == ([2, 3, 4], "y2")


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
    dark = wire_json(curve_figure(curve, DARK))
    assert [trace["line"]["color"] for trace in dark["data"][:2]] == ["#2dd4bf", "#f472b6"]
    assert dark["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


@pytest.mark.parametrize(("theme", "page"), [(LIGHT, "#ffffff"), (DARK, "#0f1616")], ids=["light", "dark"])
def test_the_tool_bar_has_enough_contrast_with_the_page(theme: ChartTheme, page: str) -> None:
    figure = curve_figure(loss_curve(losses_of((1, 3.0, None)), View()), theme)
    brighter, darker = sorted(map(luminance, (figure.layout.modebar.color, page)), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= 3  # WCAG 2.1, 1.4.11


def luminance(colour: str) -> float:
    """Source: WCAG 2.1, relative luminance."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_json_has_exact_steps_and_losses_within_a_fraction_of_a_pixel() -> None:
    values = [1 / 3, 1e-300, 123456.789012345]
    figure = json.loads(json.dumps(figure_of(training(np.array(values)))))
    assert np.abs(np.array(numbers(figure["data"][0]["y"])) - values).max() <= 1e-5 * 123456
    assert numbers(figure["data"][0]["x"]) == [0, 1, 2]


@pytest.mark.parametrize("values", [[1e6, 1e6 + 1e-3, 1e6 + 2e-3], [1e39, 0.0, -1e39], [0.1, 0.1, 0.1]])
def test_losses_that_float32_would_visibly_change_are_sent_as_float64(values: list[float]) -> None:
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
    assert [numbers(trace["customdata"]) for trace in figure["data"][1:]] == [[[1.0]], [[1.5e308]]]


@pytest.mark.parametrize(
    ("losses", "text"),
    [
        (losses_of(), "No value in view."),
        (losses_of((7, 2.5, None)), "Training loss, 1 point, 2.5 at step 7."),
        (
            losses_of((1, 4.61834, None), (1.5, 3.0, 2.25), (600, 1.98, NAN)),
            "Training loss, 3 points, from 4.6183 at step 1 to 1.98 at step 600; "
            "eval loss, 1 point, 2.25 at step 1.5; 1 value not finite.",
        ),
        (losses_of((1, NAN, INF)), "2 values not finite."),
        (
            losses_of((1, 123456.75, None), (2, 4e-5, None)),
            "Training loss, 2 points, from 123,456.75 at step 1 to 4e-5 at step 2.",
        ),
    ],
)
def test_the_alternative_text_describes_the_drawn_series_in_one_sentence(losses: Losses, text: str) -> None:
    assert chart_alt(loss_curve(losses, View())) == text


def test_the_alternative_text_counts_all_points_of_a_downsampled_line() -> None:
    curve: Curve = loss_curve(training(np.full(50_000, 2.0)), View(width_px=300))
    assert chart_alt(curve) == "Training loss, 50,000 points, from 2 at step 0 to 2 at step 49,999."


def test_the_loss_of_each_eval_set_is_a_dashed_line_with_its_best_point() -> None:
    metrics = metrics_of(
        *(
            report(step, loss=3.0 / step, eval_a_loss=4.0 / step, eval_b_loss=float(step))
            for step in range(1, 4)
        )
    )
    figure = curve_figure(job_loss_curve(metrics, View()), LIGHT)
    named = {trace.name: trace for trace in figure.data if trace.name}
    assert set(named) == {
        "Training loss",
        "Eval loss, a",
        "Eval loss, b",
        "Best eval loss, a",
        "Best eval loss, b",
    }
    assert [named[name].line.dash for name in ("Training loss", "Eval loss, a", "Eval loss, b")] == [
        "solid",
        "dash",
        "dash",
    ]
    colours = {named[name].line.color for name in ("Training loss", "Eval loss, a", "Eval loss, b")}
    assert len(colours) == 3
    assert colours <= DARK_COLOURS.keys() | RUN_COLOURS.keys()
    assert [tuple(named[f"Best eval loss, {name}"].x) for name in "ab"] == [(3,), (1,)]
    label = [trace for trace in figure.data if 3 in trace.x and trace.hovertemplate][-1].hovertemplate
    assert label == (
        "step %{x:,.9~f}<br>Training loss %{customdata[0]:,.4f}<br>Eval loss, a %{customdata[1]:,.4f}"
        "<br>Eval loss, b %{customdata[2]:,.4f}<br>best eval loss, a<extra></extra>"
    )


def test_the_name_of_an_eval_set_is_shown_as_it_is() -> None:
    name = "<b>%{x}&amp;</b>"
    metrics = metrics_of(*(report(step, **{f"eval/{name}/loss": 1.0}) for step in (1, 2)))
    figure = curve_figure(job_loss_curve(metrics, View()), LIGHT)
    assert figure.data[0].name == "Eval loss, &lt;b&gt;%{x}&amp;amp;&lt;/b&gt;"
    labels = [trace.hovertemplate for trace in figure.data if trace.hovertemplate]
    assert all("Eval loss, &lt;b&gt;&#37;{x}&amp;amp;&lt;/b&gt; %{customdata[0]" in label for label in labels)


def test_the_axis_of_a_constant_series_shows_its_value() -> None:
    axis = figure_of(losses_of((1, 2.0, None), (2, 2.0, None)))["layout"]["yaxis"]
    assert axis["range"] == [1, 3]
    assert (axis["tickvals"], axis["ticktext"]) == ([2.0], ["2.0000"])
    assert figure_of(losses_of((1, 0.0, None)))["layout"]["yaxis"]["range"] == [-1, 1]
    assert "range" not in figure_of(losses_of((1, 2.0, None), (2, 2.5, None)))["layout"]["yaxis"]


def test_evaluation_sets_that_would_share_a_name_keep_those_of_their_metrics() -> None:
    metrics = metrics_of(*(report(step, **{"eval/a_loss": 1.0, "val/a_loss": 2.0}) for step in (1, 2)))
    figure = curve_figure(job_loss_curve(metrics, View()), LIGHT)
    assert [trace.name for trace in figure.data if trace.name] == [
        "eval/a_loss",
        "val/a_loss",
        "Best eval/a_loss",
        "Best val/a_loss",
    ]


def test_dozens_of_evaluation_sets_are_drawn_at_once() -> None:
    names = {f"eval_{number}_loss": float(number) for number in range(60)}
    metrics = metrics_of(*(report(step, **names) for step in range(1, 21)))
    figure = curve_figure(job_loss_curve(metrics, View()), LIGHT)
    assert len([trace for trace in figure.data if trace.mode == "lines+markers"]) == EVAL_SETS


def test_the_axis_of_the_largest_values_is_finite() -> None:
    axis = figure_of(losses_of((1, 1.7e308, None)))["layout"]["yaxis"]
    assert np.isfinite(axis["range"]).all()


def test_the_second_of_two_trainings_in_one_run_is_drawn_behind_the_first_and_marked() -> None:
    tuning = [report(step, 1000.0 * step, loss=2.0 - step / 100) for step in range(1, 101)]
    preferences = [report(step, 200_000.0 + step, loss=0.7, margin=1.0) for step in range(1, 51)]
    curve = job_loss_curve(metrics_of(*tuning, *preferences), View())
    figure = curve_figure(curve, LIGHT).to_dict()
    assert numbers(figure["data"][0]["x"]) == list(range(1, 151))
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [101]
    assert figure["layout"]["annotations"][0]["text"] == "Began again"
    (found,) = curve.findings
    assert "The steps began again at 1 after step 100." in found.rule
