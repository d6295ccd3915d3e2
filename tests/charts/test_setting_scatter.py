"""A setting of several runs against a result of theirs."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go
import pytest

from arkor_dash.charts.compared_runs import Run
from arkor_dash.charts.scatter_figure import scatter_alt, scatter_figure
from arkor_dash.charts.setting_scatter import (
    HIGHEST,
    LAST,
    LOWEST,
    differing_settings,
    setting_number,
    setting_scatter,
)
from arkor_dash.charts.theme import LIGHT, RUN_COLOURS

from .runs import reported, run


def sweep(*rates: str, losses: list[float] | None = None) -> list[Run]:
    """A run for each learning rate, whose losses are 3, 1 and 2 plus the number of the run."""
    return [
        run(f"run {i}", reported(loss=losses or [3.0 + i, 1.0 + i, 2.0 + i]), learning_rate=rate)
        for i, rate in enumerate(rates)
    ]


def figure(runs: list[Run], setting: str = "learning_rate", metric: str = "loss", kind: str = LAST) -> Any:
    return go.Figure(scatter_figure(setting_scatter(runs, setting, metric, kind), LIGHT))


@pytest.mark.parametrize(("kind", "value"), [(LAST, 2.0), (LOWEST, 1.0), (HIGHEST, 3.0)])
def test_a_run_is_a_point_in_its_colour(kind: str, value: float) -> None:
    data = figure(sweep("0.2", "0.1"), kind=kind).data
    assert [(each.name, each.x, each.y, each.customdata) for each in data] == [
        ("run 0", (0.2,), (value,), (0,)),
        ("run 1", (0.1,), (value + 1,), (1,)),
    ]
    assert [each.marker.color for each in data] == list(RUN_COLOURS)[:2]


def test_the_axis_of_a_setting_that_spans_decades_is_logarithmic() -> None:
    axis = figure(sweep("1e-05", "0.0001", "0.001")).layout.xaxis
    assert axis.type == "log"
    assert axis.ticktext == ("1e-5", "3e-5", "1e-4", "3e-4", "0.001", "0.003")
    assert figure(sweep("1", "2", "3")).layout.xaxis.type == "linear"
    assert figure(sweep("0", "1", "100")).layout.xaxis.type == "linear"


def test_a_number_that_the_config_has_as_text_is_a_number() -> None:
    assert figure(sweep("1e-4", "0.0002")).data[0].x == (1e-4,)
    assert [setting_number(text) for text in ("1e-4", "true", "nan", "inf", "1e999", "")] == [
        1e-4,
        *[None] * 5,
    ]


def test_texts_are_categories_of_their_own_even_if_they_begin_alike() -> None:
    long = "x" * 100
    runs = [
        run(name, reported(loss=[1.0]), optim=optim)
        for name, optim in [
            ("a", f"{long}1"),
            ("b", "<b>adam"),
            ("c", f"{long}2"),
            ("d", "<b>adam"),
            ("e", "7"),
        ]
    ]
    drawn = figure(runs, "optim")
    assert [each.x for each in drawn.data] == [(2,), (1,), (3,), (1,), (0,)]
    assert drawn.layout.xaxis.ticktext[:2] == ("7", "&lt;b&gt;adam")
    assert len(drawn.layout.xaxis.ticktext) == 4


def test_runs_that_can_not_be_drawn_are_named_with_the_reason() -> None:
    runs = [
        *sweep("0.1"),
        run("without rate", reported(loss=[1.0])),
        run("without loss", reported(reward=[1.0]), learning_rate="0.1"),
        run("diverged", reported(loss=[1.0, math.nan]), learning_rate="0.1"),
        run("null", reported(loss=[1.0]), learning_rate="null"),
    ]
    scatter = setting_scatter(runs, "learning_rate", "loss", LAST)
    assert [point.name for point in scatter.points] == ["run 0"]
    assert scatter.left_out == {
        "no learning_rate": ["without rate"],
        "no loss": ["without loss"],
        "loss is not finite": ["diverged"],
        "learning_rate is null": ["null"],
    }


@pytest.mark.parametrize(
    ("metric", "values", "best"),
    [
        ("loss", [2.0, 1.0], 1),
        ("reward", [2.0, 1.0], 0),
        ("kl", [2.0, 1.0], None),
        ("loss", [1.0, 1.0], None),
    ],
)
def test_the_best_result_is_marked_if_the_name_tells_which_is_better(
    metric: str, values: list[float], best: int | None
) -> None:
    runs = [run(str(i), reported(**{metric: [value]}), lr=str(i)) for i, value in enumerate(values)]
    scatter = setting_scatter(runs, "lr", metric, LAST)
    assert (scatter.best and scatter.best.number) == best
    symbols = [each.marker.symbol for each in figure(runs, "lr", metric).data]
    assert symbols == ["star" if i == best else "circle" for i in range(2)]


def test_settings_that_differ_are_offered_the_learning_rate_first_and_numbers_before_texts() -> None:
    runs = [
        run("a", optim="x", seed="1", model="m", **{"train.lr": "0.1"}),
        run("b", optim="y", seed="2", model="m", **{"train.lr": "0.2", "only": "true"}),
    ]
    assert differing_settings(runs) == ["train.lr", "seed", "optim", "only"]


def test_markup_in_names_and_settings_is_shown_as_text() -> None:
    runs = [run("<i>%{x}", reported(**{"<b>": [1.0]}), **{"<u>": "<s>"})]
    (trace,) = (drawn := figure(runs, "<u>", "<b>")).data
    assert trace.hovertemplate == (
        "&lt;i&gt;&#37;{x}<br>&lt;u&gt; &lt;s&gt;<br>last &lt;b&gt; 1.0000<extra></extra>"
    )
    assert drawn.layout.xaxis.title.text == "&lt;u&gt;"
    assert drawn.layout.yaxis.title.text == "last &lt;b&gt;"


def test_the_alternative_text_has_all_points() -> None:
    assert scatter_alt(setting_scatter(sweep("0.1", "0.2"), "learning_rate", "loss", LAST)) == (
        "Last loss by learning_rate. run 0: 0.1, 2.0000; run 1: 0.2, 3.0000."
    )
    assert (
        scatter_alt(setting_scatter(sweep("0.1"), "seed", "loss", LAST))
        == "Last loss by seed. No run has both."
    )
