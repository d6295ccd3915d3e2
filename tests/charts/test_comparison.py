"""The charts of a comparison, and what it says about the runs that they lack."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from arkor_dash.charts.compared_runs import Chart, Run, chart_of
from arkor_dash.charts.comparison import MAX_CHARTS, MAX_JOBS, POINTS, comparison
from arkor_dash.charts.comparison_figure import comparison_figure
from arkor_dash.charts.comparison_text import chart_alt, notes
from arkor_dash.charts.curve import CurveOptions, View
from arkor_dash.charts.theme import LIGHT, RUN_COLOURS
from arkor_dash.charts.x_axis import ELAPSED, STEP, TIME_OF_DAY, x_axis
from arkor_dash.metrics.smoothing import smoothed
from arkor_dash.protocol.metric_names import EPOCH
from tests.metrics.reports import metrics_of, report

from .runs import reported, run

LOSS = [Chart(("loss",))]


def figure(runs: list[Run], charts: list[Chart] = LOSS, view: View | None = None, **options: Any) -> Any:
    """The figure, checked by Plotly."""
    view = view or View(None, 500)
    drawn = comparison(runs, charts, view, CurveOptions(**options))
    return go.Figure(comparison_figure(drawn, LIGHT, view.width_px))


def points(drawn: Any) -> list[Any]:
    """The visible traces."""
    return [trace for trace in drawn.data if trace.mode != "none"]


def test_each_job_has_a_colour_and_one_entry_in_the_legend() -> None:
    runs = [
        run("a", reported(loss=[3, 2, 1], eval_loss=[2.5])),
        run("b", reported(loss=[4, 3])),
        run("c", reported(eval_loss=[1, 2])),
    ]
    drawn = points(figure(runs, [chart_of("loss", runs), Chart(("eval_loss",))]))
    colours = list(RUN_COLOURS)
    lines = [each for each in drawn if each.marker.symbol is None]
    assert [(each.name, each.yaxis, each.line.dash, each.line.color, each.showlegend) for each in lines] == [
        ("a", "y", "solid", colours[0], True),
        ("a", "y", "dash", colours[0], False),
        ("b", "y", "solid", colours[1], True),
        ("c", "y", "dash", colours[2], True),
        ("a", "y2", "dash", colours[0], False),
        ("c", "y2", "dash", colours[2], False),
    ]
    stars = [each for each in drawn if each.marker.symbol == "star"]
    assert [(each.yaxis, each.legendgroup, [*each.x], [*each.y]) for each in stars] == [
        ("y", "a", [1], [2.5]),
        ("y", "c", [1], [1]),
        ("y2", "a", [1], [2.5]),
        ("y2", "c", [1], [1]),
    ]


def test_the_chart_of_the_loss_has_the_eval_loss_that_the_runs_have_in_common() -> None:
    runs = [
        run("a", reported(loss=[1], eval_x_loss=[1], eval_y_loss=[2])),
        run("b", reported(loss=[1], eval_y_loss=[2], eval_z_loss=[2])),
    ]
    assert chart_of("loss", runs) == Chart(("loss", "eval_y_loss"))
    assert chart_of("reward", runs) == Chart(("reward",))


def test_all_charts_share_the_x_axis_and_none_overlaps_another() -> None:
    charts = [Chart((name,)) for name in ("loss", "reward", "kl")]
    drawn = figure([run("a", reported(loss=[1, 2], reward=[3, 4], kl=[5, 6]))], charts)
    assert {each.xaxis for each in drawn.data} == {None}  # Plotly's first one
    domains = [drawn.layout[name].domain for name in ("yaxis", "yaxis2", "yaxis3")]
    assert domains[0][1] == 1
    assert domains[2][0] == pytest.approx(0)
    assert domains[0][0] > domains[1][1] > domains[1][0] > domains[2][1]
    assert drawn.layout.xaxis.anchor == "y3"
    assert [drawn.layout[f"yaxis{number}"].overlaying for number in (4, 5, 6)] == ["y", "y2", "y3"]
    assert [each.text for each in drawn.layout.annotations] == ["loss", "reward", "kl"]


def test_only_the_training_losses_are_smoothed_and_stand_before_their_points() -> None:
    values = np.random.default_rng(1).normal(size=50).tolist()
    runs = [run("a", reported(loss=values, eval_loss=[2.0, 1.0]))]
    raw, smooth, evals, _ = points(figure(runs, [chart_of("loss", runs)], smoothing=0.9))
    np.testing.assert_allclose(raw.y, values, rtol=1e-5)
    np.testing.assert_allclose(smooth.y, smoothed(np.array(values), 0.9), rtol=1e-5)
    assert evals.y.tolist() == [2.0, 1.0]
    assert [(each.opacity, each.showlegend) for each in (raw, smooth, evals)] == [
        (0.3, False),
        (None, True),
        (None, False),
    ]


def test_a_long_run_is_downsampled_and_a_zoom_has_all_its_points() -> None:
    runs = [run("a", reported(loss=np.sin(np.arange(20_000.0)).tolist()))]
    (whole,) = points(figure(runs))
    assert len(whole.x) < 2000
    assert (whole.x[0], whole.x[-1]) == (1, 20_000)
    zoomed = figure(runs, view=View((100, 200), 500))
    assert points(zoomed)[0].x.tolist() == list(range(99, 202))
    assert zoomed.layout.xaxis.autorangeoptions.include == (1, 20_000)


def many(length: int) -> tuple[list[Run], list[Chart]]:
    names = [f"m{number}" for number in range(MAX_CHARTS)]
    metrics = reported(**dict.fromkeys(names, np.sin(np.arange(float(length))).tolist()))
    return [run(str(number), metrics) for number in range(MAX_JOBS)], [Chart((name,)) for name in names]


def test_many_metrics_of_many_runs_stay_bounded() -> None:
    drawn = comparison_figure(comparison(*many(3_000), View(None, 4_000), CurveOptions()), LIGHT, 4_000)
    lines = [trace for trace in drawn["data"] if trace["mode"] != "none"]
    assert len(lines) == MAX_CHARTS * MAX_JOBS
    assert sum(len(trace["x"]) for trace in lines) < 1.1 * POINTS
    assert sum(trace["customdata"].size for trace in drawn["data"] if "customdata" in trace) <= POINTS


def test_only_the_lines_in_view_share_the_points() -> None:
    ended, charts = many(3_000)
    metrics = reported(**{chart.metrics[0]: np.sin(np.arange(12_000.0)).tolist() for chart in charts})
    drawn = comparison(
        [*ended[1:], run("long", metrics)], charts, View((10_000.0, 11_000.0), 2_000), CurveOptions()
    )
    assert [each.curve.drawn for each in drawn.curves] == ([0] * (MAX_JOBS - 1) + [1_001]) * MAX_CHARTS


def test_short_lines_leave_room_for_long_ones() -> None:
    long = np.sin(np.arange(30_000.0)).tolist()
    runs = [
        run("long", reported(loss=long)),
        *[run(f"short {i}", reported(loss=[1.0] * 300)) for i in range(9)],
    ]
    drawn = comparison(runs, LOSS, View(None, 8_000), CurveOptions())
    assert [each.curve.drawn for each in drawn.curves[1:]] == [300] * 9
    assert drawn.curves[0].curve.drawn > 10_000


def test_a_log_axis_and_its_limits_are_those_of_each_chart() -> None:
    ramp = np.arange(1.0, 1001.0).tolist()
    runs = [run("a", reported(loss=ramp, kl=[-1.0, 0.0, 2.0])), run("b", reported(loss=ramp, kl=[3.0]))]
    charts = [Chart(("loss",)), Chart(("kl",))]
    drawn = comparison(runs, charts, View(), CurveOptions(log_y=True, clip=True))
    loss, kl = drawn.limits()
    assert loss.y_range == pytest.approx(tuple(np.percentile(ramp * 2, [1, 99])))
    assert (loss.clipped, loss.below_zero) == (40, 0)
    assert (kl.clipped, kl.below_zero) == (2, 2)
    layout = figure(runs, charts, log_y=True, clip=True).layout
    assert (layout.yaxis.type, layout.yaxis2.type) == ("log", "log")
    assert 10 ** layout.yaxis.range[1] == pytest.approx(loss.y_range[1], rel=0.5)
    assert figure(runs, charts).layout.yaxis.type == "linear"


def test_a_clipped_axis_is_that_of_the_values_in_view() -> None:
    runs = [run("a", reported(loss=[100.0] * 50 + [1.0, 2.0] * 50))]
    drawn = comparison(runs, LOSS, View((51.0, 150.0), 500), CurveOptions(clip=True))
    assert drawn.limits()[0].clipped == 0


def test_a_value_that_is_not_finite_is_marked_in_the_colour_of_its_run() -> None:
    runs = [run("a", reported(loss=[1, 2, 3])), run("b", reported(loss=[1, math.nan, 3]))]
    (mark,) = (each for each in points(figure(runs)) if each.marker.symbol == "triangle-up")
    assert (mark.yaxis, [*mark.x], mark.marker.color) == ("y2", [2], [*RUN_COLOURS][1])
    assert mark.showlegend is False


def test_a_run_without_epochs_is_left_out_of_an_epoch_axis_and_named() -> None:
    with_epochs = metrics_of(*(report(step, loss=1.0, epoch=step / 10) for step in range(1, 4)))
    runs = [
        run("a", with_epochs, axis=x_axis(EPOCH, with_epochs, None)),
        run("b", reported(loss=[1, 2, 3]), axis=None),
    ]
    drawn = figure(runs)
    assert [each.name for each in points(drawn)] == ["a"]
    assert drawn.layout.xaxis.title.text == "epoch"
    assert notes(runs, LOSS, EPOCH) == ["Not on this axis: b reports no epochs."]


def test_what_the_charts_can_not_show_is_said() -> None:
    runs = [
        run("a", reported(loss=[1, math.nan, math.inf], reward=[1.0])),
        run("b", reported(loss=[1]), status="running"),
        run("c", reported(loss=[1]), axis=None),
    ]
    charts = [Chart(("loss",)), Chart(("reward",)), Chart(("kl",))]
    assert notes(runs, charts, ELAPSED) == [
        "Not on this axis: c reports no times.",
        "loss: values that are not finite: 2 of a.",
        "reward: not reported by b, c yet.",
        "kl: not reported by any run yet.",
    ]


def test_a_comparison_that_lacks_nothing_says_nothing() -> None:
    assert notes([run("a", reported(loss=[1])), run("b", reported(loss=[2]))], LOSS, STEP) == []


def test_markup_in_names_is_shown_as_text() -> None:
    name = "<b>&%{x}"
    drawn = figure([run(name, reported(**{name: [1, 2]}))], [Chart((name,))])
    assert drawn.data[0].name == "&lt;b&gt;&amp;%{x}"
    assert drawn.layout.annotations[0].text == "&lt;b&gt;&amp;%{x}"


def test_a_constant_metric_reads_as_its_value() -> None:
    layout = figure([run("a", reported(loss=[2e-6, 2e-6])), run("b", reported(loss=[2e-6]))]).layout
    assert layout.yaxis.ticktext == ("2.0000e-6",)


def test_the_alternative_text_has_the_final_values_of_each_run() -> None:
    runs = [run("a", reported(loss=[3, 2e-5], eval_loss=[1.5])), run("b", reported(loss=[4]))]
    assert chart_alt(runs, [chart_of("loss", runs)]) == (
        "Curves of 2 runs. Last values: loss: a 2.0000e-5, b 4.0000. eval_loss: a 1.5000."
    )


def test_a_run_that_ended_without_a_finite_loss_has_an_alternative_text() -> None:
    runs = [run("a", reported(loss=[2.0, math.nan])), run("b", reported(loss=[2.0, math.inf]))]
    assert chart_alt(runs, LOSS) == (
        "Curves of 2 runs. Last values: loss: a NaN (last finite 2.0000 at step 1), "
        "b Infinity (last finite 2.0000 at step 1)."
    )


def test_a_comparison_of_no_runs_or_no_charts_is_empty() -> None:
    assert len(figure([], LOSS).data) == 0
    assert len(figure([run("a", reported(loss=[1]))], []).data) == 0


def test_an_axis_of_times_reaches_over_all_runs_although_plotly_would_misread_its_range() -> None:
    metrics = [
        metrics_of(*(report(step, start + 1000.0 * step, loss=1.0) for step in range(5)))
        for start in (1e12, 2e12)
    ]
    runs = [run("ab"[i], each, axis=x_axis(TIME_OF_DAY, each, None)) for i, each in enumerate(metrics)]
    found = figure(runs)
    assert found.layout.xaxis.type == "date"
    assert not found.layout.xaxis.autorangeoptions.include
    assert list(found.data[-1].x) == [1e12, 2e12 + 4000]
    assert found.data[-1].mode == "none"
