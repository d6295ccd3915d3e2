"""The charts of a comparison, and what it says about the runs that they lack."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from arkor_dash.charts.compared_runs import Chart, Run, chart_of
from arkor_dash.charts.comparison import MAX_CHARTS, MAX_JOBS, POINTS, comparison_figure
from arkor_dash.charts.comparison_text import chart_alt, notes
from arkor_dash.charts.curve import View
from arkor_dash.charts.theme import LIGHT, RUN_COLOURS
from arkor_dash.charts.x_axis import ELAPSED, STEP, TIME_OF_DAY, x_axis
from arkor_dash.metrics.smoothing import smoothed
from arkor_dash.protocol.metric_names import EPOCH
from tests.metrics.reports import metrics_of, report

from .runs import reported, run

LOSS = [Chart(("loss",))]


def figure(
    runs: list[Run], charts: list[Chart] = LOSS, smoothing: float = 0.0, view: View | None = None
) -> Any:
    """The figure, checked by Plotly."""
    return go.Figure(comparison_figure(runs, charts, smoothing, view or View(None, 500), LIGHT))


def test_each_job_has_a_colour_and_one_entry_in_the_legend() -> None:
    runs = [
        run("a", reported(loss=[3, 2, 1], eval_loss=[2.5])),
        run("b", reported(loss=[4, 3])),
        run("c", reported(eval_loss=[1, 2])),
    ]
    data = figure(runs, [chart_of("loss", runs), Chart(("eval_loss",))]).data
    colours = list(RUN_COLOURS)
    assert [(each.name, each.yaxis, each.line.dash, each.line.color, each.showlegend) for each in data] == [
        ("a", "y", "solid", colours[0], True),
        ("a", "y", "dash", colours[0], False),
        ("b", "y", "solid", colours[1], True),
        ("c", "y", "dash", colours[2], True),
        ("a", "y2", "dash", colours[0], False),
        ("c", "y2", "dash", colours[2], False),
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
    assert [each.xaxis for each in drawn.data] == [None] * 3  # Plotly's first one
    domains = [drawn.layout[name].domain for name in ("yaxis", "yaxis2", "yaxis3")]
    assert domains[0][1] == 1
    assert domains[2][0] == pytest.approx(0)
    assert domains[0][0] > domains[1][1] > domains[1][0] > domains[2][1]
    assert drawn.layout.xaxis.anchor == "y3"
    assert [each.text for each in drawn.layout.annotations] == ["loss", "reward", "kl"]


def test_only_the_training_losses_are_smoothed() -> None:
    values = np.random.default_rng(1).normal(size=50).tolist()
    runs = [run("a", reported(loss=values, eval_loss=[2.0, 1.0]))]
    train, evals = figure(runs, [chart_of("loss", runs)], 0.9).data
    np.testing.assert_allclose(train.y, smoothed(np.array(values), 0.9), rtol=1e-5)
    assert evals.y.tolist() == [2.0, 1.0]


def test_a_long_run_is_downsampled_and_a_zoom_has_all_its_points() -> None:
    runs = [run("a", reported(loss=np.sin(np.arange(20_000.0)).tolist()))]
    (whole,) = figure(runs).data
    assert len(whole.x) < 2000
    assert (whole.x[0], whole.x[-1]) == (1, 20_000)
    zoomed = figure(runs, view=View((100, 200), 500))
    assert zoomed.data[0].x.tolist() == list(range(99, 202))
    assert zoomed.layout.xaxis.autorangeoptions.include == (1, 20_000)


def test_many_metrics_of_many_runs_stay_bounded() -> None:
    names = [f"m{number}" for number in range(MAX_CHARTS)]
    wave = np.sin(np.arange(3_000.0)).tolist()
    metrics = reported(**dict.fromkeys(names, wave))
    runs = [run(str(number), metrics) for number in range(MAX_JOBS)]
    drawn = comparison_figure(runs, [Chart((name,)) for name in names], 0.0, View(None, 4_000), LIGHT)
    assert len(drawn["data"]) == MAX_CHARTS * MAX_JOBS
    assert sum(len(trace["x"]) for trace in drawn["data"]) < 1.1 * POINTS


def test_a_run_without_epochs_is_left_out_of_an_epoch_axis_and_named() -> None:
    with_epochs = metrics_of(*(report(step, loss=1.0, epoch=step / 10) for step in range(1, 4)))
    runs = [
        run("a", with_epochs, axis=x_axis(EPOCH, with_epochs, None)),
        run("b", reported(loss=[1, 2, 3]), axis=None),
    ]
    drawn = figure(runs)
    assert [each.name for each in drawn.data] == ["a"]
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
    assert "&lt;b&gt;&amp;&#37;{x} %{y" in drawn.data[0].hovertemplate


def test_the_hover_of_small_values_shows_significant_digits() -> None:
    data = figure([run("a", reported(loss=[1, 2])), run("b", reported(loss=[1, 3e-5]))]).data
    templates = [trace.hovertemplate for trace in data]
    assert ["%{y:.4f}" in template for template in templates] == [True, False]
    assert "%{y:.6~g}" in templates[1]


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
    assert chart_alt(runs, LOSS) == "Curves of 2 runs. Last values: loss: a NaN, b Infinity."


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
