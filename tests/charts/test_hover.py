"""The hover labels of the loss chart, and the steps that have one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from arkor_dash.charts.curve import View
from arkor_dash.charts.curve_figure import curve_figure
from arkor_dash.charts.theme import LIGHT
from arkor_dash.metrics.losses import Loss
from arkor_dash.metrics.series import Series
from arkor_dash.protocol.events import format_loss
from tests.metrics.reports import losses_of

from .reports import INF, NAN, busy, figure_of, hover_of, loss_curve, numbers, training


def test_a_label_has_the_step_and_only_its_reported_losses() -> None:
    losses = losses_of((1, 3.0, None), (2, 2.00004, 2.50006), (3, None, 1.25), (4, NAN, None), (5, 1.0, INF))
    assert hover_of(losses) == {
        1: "Training 3.0000",
        2: "Training 2.0000, Eval 2.5001",
        3: "Eval 1.2500",
        4: "Training NaN",
        5: "Training 1.0000, Eval Infinity",
    }


@pytest.mark.parametrize("loss", [2.00005, 0.03125, -2.03125, 1234.56785, 9e11 + 0.5, 1e-9, 1.5e308])
def test_a_label_rounds_as_the_event_log_does(loss: float) -> None:
    figure = figure_of(losses_of((1, loss, None), (2, 1.0, None)))
    # The browser then never has to round a number halfway between two others.
    (shown,) = numbers(figure["data"][-1]["customdata"])[0]
    assert abs(shown - float(format_loss(loss))) < 4e-5


@pytest.mark.parametrize(
    ("losses", "text"),
    [
        ((3.21e-5, None), "Training 3.2100e-5"),
        ((-4.9e-5, 4e-310), "Training -4.9000e-5, Eval 4.0000e-310"),
        ((2.0, 1.23456e-7), "Training 2.0000, Eval 1.2346e-7"),
        ((0.01, 0.00999), "Training 0.0100, Eval 9.9900e-3"),
        ((4e-5, 2e-6), "Training 4.0000e-5, Eval 2.0000e-6"),
        ((1.23456e12, -1.5e308), "Training 1.2346e+12, Eval -1.5000e+308"),
        ((999_999_999_999.5, 1e9), "Training 999,999,999,999.5000, Eval 1,000,000,000.0000"),
    ],
)
def test_a_label_shows_an_exponent_where_four_decimals_would_be_too_few_or_too_long(
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
    # The pointer selects a step within half the distances to its neighbours.
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
        losses = replace(
            losses, train=Loss("loss", Series(losses.train.finite.steps, np.full(1_000_000, 2.0)))
        )
    hover = hover_of(losses, View(width_px=1000))
    assert all("Eval" in hover[step] for step in losses.evals[0].finite.steps.tolist())


def test_labels_show_both_losses_where_eval_points_are_dense() -> None:
    texts = list(hover_of(busy(1_000_000, eval_every=25), View(width_px=1000)).values())
    assert sum(text.startswith("Training") and "Eval" in text for text in texts) > 0.9 * len(texts)


def test_the_first_and_the_last_step_of_a_long_run_have_a_label() -> None:
    assert {0.0, 99_999.0} <= set(hover_of(training(np.random.default_rng(0).normal(2, 0.1, 100_000))))


def test_only_invisible_traces_have_hover_labels() -> None:
    figure = figure_of(losses_of((1, 3.0, 3.0), (2, NAN, 1.0), (3, 2.0, None), (4, None, 2.0)))
    hover_info = {
        trace["name"]: trace["hoverinfo"] for trace in figure["data"] if trace.get("showlegend", True)
    }
    assert hover_info == {"Training loss": "skip", "Eval loss": "skip", "Not finite": "skip"}
    hover = [trace for trace in figure["data"] if not trace.get("showlegend", True)]
    assert [(trace["hoverinfo"], trace["mode"]) for trace in hover] == [("text", "none")] * 3
    # All points have one height, so that only the step decides which is the closest.
    assert {height for trace in hover for height in numbers(trace["y"])} == {50}
    assert figure["layout"]["hovermode"] == "closest"


def test_hover_labels_use_the_font_of_the_chart() -> None:
    figure = curve_figure(loss_curve(losses_of((1, 3.0, None)), View()), LIGHT)
    assert figure.layout.hoverlabel.font.family == figure.layout.font.family
