"""The comparison of several jobs: chart, results and settings."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from arkor_dash.charts.comparison import Run, comparison_figure, differing_settings, results, summary
from arkor_dash.charts.theme import LIGHT, RUN_COLOURS
from arkor_dash.charts.x_axis import BY_STEP
from arkor_dash.metrics.losses import Losses, losses_among
from arkor_dash.metrics.smoothing import smoothed
from tests.metrics.reports import metrics_of, report


def losses_of(values: list[float], evals: list[float] | None = None) -> Losses:
    train = [report(step, loss=value) for step, value in enumerate(values, start=1)]
    evaluated = [report(number * 2, eval_loss=value) for number, value in enumerate(evals or [], start=1)]
    return losses_among(metrics_of(*train, *evaluated))


def run(name: str, losses: Losses, **config: object) -> Run:
    return Run(name, name, "completed", None, losses, BY_STEP, config)


def test_each_job_has_a_colour_and_one_entry_in_the_legend() -> None:
    runs = [
        run("a", losses_of([3, 2, 1], [2.5])),
        run("b", losses_of([4, 3])),
        run("c", losses_of([], [1, 2])),
    ]
    data = comparison_figure(runs, 0.0, 500, LIGHT).data
    colours = list(RUN_COLOURS)
    assert [(trace.name, trace.line.dash, trace.line.color, trace.showlegend) for trace in data] == [
        ("a", "solid", colours[0], True),
        ("a", "dash", colours[0], False),
        ("b", "solid", colours[1], True),
        ("c", "dash", colours[2], True),
    ]


def test_only_the_training_losses_are_smoothed() -> None:
    values = np.random.default_rng(1).normal(size=50).tolist()
    train, evals = comparison_figure([run("a", losses_of(values, [2.0, 1.0]))], 0.9, 500, LIGHT).data
    np.testing.assert_allclose(train.y, smoothed(np.array(values), 0.9), rtol=1e-5)
    assert evals.y.tolist() == [2.0, 1.0]


def test_a_long_run_is_downsampled() -> None:
    (trace,) = comparison_figure([run("a", losses_of(np.arange(20_000.0).tolist()))], 0.0, 500, LIGHT).data
    assert len(trace.x) < 2000
    assert (trace.x[0], trace.x[-1]) == (1, 20_000)


def test_markup_in_a_name_is_shown_as_text() -> None:
    (trace,) = comparison_figure([run("<b>&x", losses_of([1, 2]))], 0.0, 500, LIGHT).data
    assert trace.name == "&lt;b&gt;&amp;x"


def test_the_results_are_the_final_and_the_lowest_losses() -> None:
    rows = dict(results([run("a", losses_of([3, 1, 2], [2.5, 2.0, 2.2])), run("b", losses_of([]))]))
    assert rows["Final train loss"] == ["2.0000", "–"]
    assert rows["Best train loss"] == ["1.0000", "–"]
    assert rows["Final eval loss"] == ["2.2000", "–"]
    assert rows["Best eval loss"] == ["2.0000", "–"]
    assert rows["Status"] == ["Completed", "Completed"]


def test_small_losses_are_shown_with_an_exponent() -> None:
    runs = [run("a", losses_of([1, 3.21e-5], [4e-9])), run("b", losses_of([1, 2.5e-5], [3e-9]))]
    rows = dict(results(runs))
    assert rows["Final train loss"] == ["3.2100e-5", "2.5000e-5"]
    assert rows["Best eval loss"] == ["4.0000e-9", "3.0000e-9"]
    assert "3.2100e-5 train, 4.0000e-9 eval" in summary(runs)


def test_the_hover_of_small_losses_shows_significant_digits() -> None:
    data = comparison_figure(
        [run("a", losses_of([1, 2])), run("b", losses_of([1, 3e-5]))], 0, 500, LIGHT
    ).data
    templates = [trace.hovertemplate for trace in data]
    assert ["%{y:.4f}" in template for template in templates] == [True, False]
    assert "%{y:.6~g}" in templates[1]


@pytest.mark.parametrize("seconds", [1e300, math.inf, math.nan])
def test_a_duration_that_no_timedelta_can_hold_is_left_out(seconds: float) -> None:
    rows = dict(results([replace(run("a", losses_of([1])), duration_s=seconds)]))
    assert rows["Duration"] == ["–"]


def test_only_settings_that_differ_are_listed() -> None:
    runs = [
        run("a", losses_of([]), lr=0.1, model="m", data={"name": "x", "split": "train"}),
        run("b", losses_of([]), lr=0.2, model="m", data={"name": "x", "split": "test"}, seed=None),
    ]
    assert differing_settings(runs) == [
        ("lr", ["0.1", "0.2"]),
        ("data.split", ["train", "test"]),
        ("seed", ["–", "null"]),
    ]


def test_an_address_in_the_settings_is_compared_and_shown_without_its_secret_parts() -> None:
    def signed(file: str, signature: str) -> dict[str, object]:
        return {
            "url": f"https://key:{signature}@host/{file}?sig={signature}#{signature}",
            "list": [f"s3://{signature}@b"],
        }

    same = [
        run("a", losses_of([]), data=signed("x", "one")),
        run("b", losses_of([]), data=signed("x", "two")),
    ]
    assert differing_settings(same) == []
    other = [same[0], run("b", losses_of([]), data=signed("y", "two"))]
    assert differing_settings(other) == [("data.url", ["https://…@host/x?…", "https://…@host/y?…"])]


def test_the_alternative_text_names_the_final_losses_of_each_job() -> None:
    assert summary([run("a", losses_of([3, 2], [1.5])), run("b", losses_of([4]))]) == (
        "Loss curves of a: 2.0000 train, 1.5000 eval; b: 4.0000 train, – eval."
    )


def test_a_comparison_of_no_runs_is_an_empty_chart() -> None:
    assert len(comparison_figure([], 0.5, 500, LIGHT).data) == 0
