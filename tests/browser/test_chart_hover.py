"""The hover labels of the loss chart, in a real browser."""

from __future__ import annotations

import math
from dataclasses import astuple

import pytest
from playwright.sync_api import Page, expect

from arkor_dash.charts.curve import View
from arkor_dash.charts.curve_figure import curve_figure
from arkor_dash.charts.theme import DARK, LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.metrics.losses import Losses
from arkor_dash.ui.browser import chart, component
from tests.charts.reports import loss_curve
from tests.metrics.reports import losses_of

from .conftest import ROOT

PLOTLY_JS = ROOT / chart.PLOTLY_JS.removeprefix("app/")
CHART_JS = component.script(*chart.SCRIPTS, "chart")
SHOW = """async ([source, data]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: show } = await import(url);
  show({ data, parentElement: document.body, setStateValue: () => {} });
}"""
POINT_AT = """step => {
  const plot = document.querySelector(".arkor-plot"), box = plot.getBoundingClientRect();
  const { xaxis, yaxis } = plot._fullLayout;
  return [box.left + xaxis._offset + xaxis.d2p(step), box.top + yaxis._offset + yaxis._length / 5];
}"""


def show(page: Page, losses: Losses, scheme: str) -> None:
    page.set_content(
        f'<body style="color-scheme: {scheme}; background: Canvas">'
        '<div class="arkor-plot" style="width: 1000px; height: 340px"></div><p class="arkor-plot-problem"></p>'
    )
    page.add_script_tag(path=PLOTLY_JS)
    themes = dict(zip(astuple(LIGHT), astuple(DARK), strict=True))
    figure = wire_json(curve_figure(loss_curve(losses, View(width_px=1000)), LIGHT))
    common = {"dark": themes, "config": {}, "alt": "", "library": "plotly.js"}
    data = {"figure_as_whole": figure, "part": "whole", "view": "whole", "at": 1, **common}
    page.evaluate(SHOW, [CHART_JS, data])
    expect(page.locator(".arkor-plot .legend").first).to_be_visible()


@pytest.mark.browser
@pytest.mark.timeout(900)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_hover_label_shows_the_losses_of_the_closest_step(page: Page, scheme: str) -> None:
    losses = losses_of(
        (1, 3.03125, None),
        (2, 2.0, 2.50006),
        (3, None, -1.25),
        (4, math.nan, None),
        (5.5, 1.0, -math.inf),
        (7, 3.21e-5, 1.23456e-12),
        (3_000_000_000, 1e9 + 1 / 3, None),
    )
    show(page, losses, scheme)
    page.evaluate("Plotly.relayout(document.querySelector('.arkor-plot'), {'xaxis.range': [0, 8]})")
    label = page.locator(".hoverlayer .hovertext text.nums")
    for step, lines in (
        (1, ["step 1", "Training loss 3.0312"]),
        (2, ["step 2", "Training loss 2.0000", "Eval loss 2.5001"]),
        (3, ["step 3", "Eval loss -1.2500"]),
        (4, ["step 4", "Training loss NaN"]),
        (5.5, ["step 5.5", "Training loss 1.0000", "Eval loss -Infinity"]),
        (7, ["step 7", "Training loss 3.2100e-5", "Eval loss 1.2346e-12"]),
    ):
        page.mouse.move(*page.evaluate(POINT_AT, step + 0.1))
        expect(label.locator("tspan")).to_have_text(lines)
    page.evaluate("Plotly.relayout(document.querySelector('.arkor-plot'), {'xaxis.autorange': true})")
    page.mouse.move(*page.evaluate(POINT_AT, 3_000_000_000))
    expect(label.locator("tspan")).to_have_text(["step 3,000,000,000", "Training loss 1,000,000,000.3333"])
