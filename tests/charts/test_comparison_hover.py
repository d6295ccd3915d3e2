"""The hover labels of a comparison."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from arkor_dash.charts.compared_runs import Chart, Run, chart_of
from arkor_dash.charts.comparison import comparison
from arkor_dash.charts.comparison_figure import comparison_figure
from arkor_dash.charts.curve import CurveOptions, View
from arkor_dash.charts.theme import LIGHT, RUN_COLOURS
from arkor_dash.charts.x_axis import ELAPSED, EPOCH, TIME_OF_DAY, x_axis
from arkor_dash.metrics.smoothing import smoothed
from arkor_dash.metrics.value_format import format_value
from tests.metrics.reports import metrics_of, report

from .received_chart import row_labels
from .runs import reported, run

LOSS = [Chart(("loss",))]


def traces(runs: list[Run], charts: list[Chart], view: View, options: CurveOptions) -> list[dict[str, Any]]:
    data = comparison_figure(comparison(runs, charts, view, options), LIGHT, view.width_px)["data"]
    return [trace for trace in data if "hovertemplate" in trace]


def labels(
    runs: list[Run], charts: list[Chart] = LOSS, view: View | None = None, *, row: int = 0, **options: Any
) -> dict[float, list[str]]:
    """The lines of the label at each position of a row, without their markup. The first one is the position."""
    found = row_labels(traces(runs, charts, view or View(), CurveOptions(**options)))
    return {x: text.split("\n") for (axis, x), text in found.items() if axis == f"y{len(charts) + row + 1}"}


def test_a_label_names_each_run_with_its_value_in_its_colour() -> None:
    runs = [run("a", reported(loss=[3, 2e-5])), run("b", reported(loss=[4, 1e13]))]
    assert labels(runs) == {
        1: ["step %{x:,.9~f}", "a 3.0000", "b 4.0000"],
        2: ["step %{x:,.9~f}", "a 2.0000e-5", "b 1.0000e+13"],
    }
    (trace,) = traces(runs, LOSS, View(), CurveOptions())
    first, second = [*RUN_COLOURS][:2]
    assert f'<br><span style="color:{first}">a</span> %{{customdata[0]}}<br>' in trace["hovertemplate"]
    assert f'<br><span style="color:{second}">b</span> %{{customdata[1]}}<extra>' in trace["hovertemplate"]
    assert (trace["mode"], trace["hoverinfo"], trace["yaxis"]) == ("none", "text", "y2")


def test_a_run_without_a_point_there_shows_its_latest_one_until_it_ends() -> None:
    often = metrics_of(*(report(step, loss=step / 10) for step in range(1, 9)))
    seldom = metrics_of(report(3, loss=3.0), report(5, loss=5.0))
    found = labels([run("often", often), run("seldom", seldom)])
    assert [lines[1:] for lines in found.values()] == [
        ["often 0.1000"],
        ["often 0.2000"],
        ["often 0.3000", "seldom 3.0000"],
        ["often 0.4000", "seldom 3.0000"],
        ["often 0.5000", "seldom 5.0000"],
        ["often 0.6000"],
        ["often 0.7000"],
        ["often 0.8000"],
    ]


def test_the_last_evaluation_counts_until_the_run_ends() -> None:
    runs = [run("a", reported(loss=[3, 2, 1], eval_loss=[2.5]))]
    found = labels(runs, [chart_of("loss", runs)])
    assert found[3] == ["step %{x:,.9~f}", "a loss 1.0000 · eval_loss 2.5000"]


def test_a_nan_that_a_run_reported_is_shown_and_can_be_selected_in_a_long_run() -> None:
    values = np.sin(np.arange(20_000.0))
    values[12_344] = math.nan
    found = labels([run("a", reported(loss=values.tolist())), run("b", reported(loss=[1.0] * 20_000))])
    assert found[12_345] == ["step %{x:,.9~f}", "a NaN", "b 1.0000"]


def test_a_label_of_a_smoothed_line_has_both_values() -> None:
    values = [1.0, 3.0, math.nan, 2.0]
    found = labels([run("a", reported(loss=values))], smoothing=0.5)
    smooth = smoothed(np.array([1.0, 3.0, 2.0]), 0.5)
    assert [lines[1] for lines in found.values()] == [
        f"a 1.0000 (smoothed {format_value(smooth[0])})",
        f"a 3.0000 (smoothed {format_value(smooth[1])})",
        "a NaN (smoothed NaN)",
        f"a 2.0000 (smoothed {format_value(smooth[2])})",
    ]


def test_each_chart_has_labels_of_its_own_metric() -> None:
    runs = [run("a", reported(loss=[1, 2], kl=[3]))]
    charts = [Chart(("loss",)), Chart(("kl",))]
    assert labels(runs, charts) == {1: ["step %{x:,.9~f}", "a 1.0000"], 2: ["step %{x:,.9~f}", "a 2.0000"]}
    assert labels(runs, charts, row=1) == {1: ["step %{x:,.9~f}", "a 3.0000"]}


def test_runs_are_compared_at_the_place_of_any_axis() -> None:
    metrics = [
        metrics_of(
            *(
                report(step, 1e12 + pace * step, loss=float(step), epoch=step * pace / 1e4)
                for step in range(5)
            )
        )
        for pace in (1000.0, 2000.0)
    ]
    for kind, place, unit, head in (
        (ELAPSED, 4.0, 1.0, "elapsed (s) %{x:,.6~g}"),
        (TIME_OF_DAY, 1e12 + 4000, 1.0, "time %{x|%H:%M:%S}"),
        (EPOCH, 0.4, 1.0, "epoch %{x:,.6~g}"),
    ):
        runs = [
            run("ab"[i], each, axis=x_axis(kind, each, None, longest_ms=8000.0))
            for i, each in enumerate(metrics)
        ]
        assert labels(runs)[place * unit] == [head, "a 4.0000", "b 2.0000"]


def test_a_zoom_has_a_label_for_each_of_its_points() -> None:
    runs = [run(name, reported(loss=np.sin(np.arange(20_000.0)).tolist())) for name in "ab"]
    assert [*labels(runs, view=View((100.0, 200.0), 500))] == [*map(float, range(100, 201))]


def test_labels_are_about_a_pixel_apart() -> None:
    runs = [run(name, reported(loss=np.sin(np.arange(20_000.0)).tolist())) for name in "abc"]
    found = [*labels(runs, view=View(None, 1000))]
    assert 400 < len(found) <= 501
    assert max(later - earlier for earlier, later in pairwise(found)) < 4 * 20


def test_markup_in_the_name_of_a_run_or_a_metric_is_shown_as_text() -> None:
    name = "<b>&%{x}"
    runs = [run(name, reported(**{name: [1], "eval_loss": [1]}))]
    (trace,) = traces(runs, [Chart((name, "eval_loss"))], View(), CurveOptions())
    assert "&lt;b&gt;&amp;&#37;{x}</span> &lt;b&gt;&amp;&#37;{x} %{customdata[0]}" in trace["hovertemplate"]
