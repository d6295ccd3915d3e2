"""The axes of a chart, its grid, and the marks at its edges."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from arkor_dash.charts.contrast import contrast
from arkor_dash.charts.x_axis import ELAPSED, EPOCH, STEP, TIME_OF_DAY
from arkor_dash.protocol.events import CheckpointSaved
from tests.charts.test_growing_chart import Run

from .chart_card import BACKGROUNDS, ChartCard, a_run
from .reading import wait_for_value

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
COLOUR = "(nodes, name) => getComputedStyle(nodes[0])[name].match(/[\\d.]+/g).slice(0, 3).map(Number)"


@pytest.mark.parametrize("kind", [STEP, ELAPSED, TIME_OF_DAY, EPOCH])
@pytest.mark.parametrize("steps", [1, 30])
def test_the_x_axis_begins_at_the_first_step(page: Page, kind: str, steps: int) -> None:
    card = ChartCard(page, a_run(steps, eval_every=1, kind=kind))
    first = card.plot.evaluate("plot => plot._fullLayout.xaxis.d2p(plot._fullData[0].x[0])")
    assert first == pytest.approx(0, abs=0.01)
    assert card.layout(
        "layout.xaxis.d2p(document.querySelector('.arkor-plot')._fullData[0].x.at(-1)) <= layout.xaxis._length"
    )


def test_a_single_point_has_ticks_at_whole_steps(page: Page) -> None:
    card = ChartCard(page, a_run(1))
    expect(card.ticks("x")).to_have_text(["1", "2"])


def test_all_ticks_of_the_y_axis_have_as_many_decimals_as_tell_them_apart(page: Page) -> None:
    card = ChartCard(page, a_run(40))
    expect(card.ticks("y")).to_have_text(["2.0", "2.5", "3.0", "3.5", "4.0"])
    card.plot.evaluate("plot => Plotly.relayout(plot, {'yaxis.range': [2.011, 2.042]})")
    expect(card.ticks("y").first).to_have_text("2.015")
    assert {len(text) for text in card.ticks("y").all_text_contents()} == {5}
    card.plot.evaluate("plot => Plotly.relayout(plot, {'yaxis.range': [0, 1e5]})")
    expect(card.ticks("y").last).to_have_text("100,000")


def test_the_ticks_of_a_log_axis_are_values(page: Page) -> None:
    run = a_run(0, log_y=True)
    for step in range(1, 40):
        run.report(step, 40 / step**2)
    card = ChartCard(page, run)
    values = [float(text) for text in card.ticks("y").all_text_contents()]
    assert values == sorted(values)
    assert {0.1, 1, 10} <= {*values}
    card.plot.evaluate("plot => Plotly.relayout(plot, {'yaxis.range': [0, 0.6]})")
    expect(card.ticks("y").filter(has_text=re.compile(r"^1\.5$"))).to_have_count(1)
    assert {len(text) for text in card.ticks("y").all_text_contents()} == {3}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_grid_has_at_most_a_third_of_the_contrast_of_the_text(page: Page, scheme: str) -> None:
    ChartCard(page, a_run(40), scheme)
    background = int(BACKGROUNDS[scheme].removeprefix("#"), 16)
    found = [
        contrast(int.from_bytes(page.locator(selector).evaluate_all(COLOUR, name)), background)
        for selector, name in ((".xgrid", "stroke"), (".ygrid", "stroke"), (".ytick text", "fill"))
    ]
    *grid, text = found
    assert max(grid) <= text / 3
    assert max(grid) < 1.5


def test_checkpoints_are_marked_above_the_plot(page: Page) -> None:
    run = a_run(40)
    run.history.append(CheckpointSaved(None, 20.0))
    card = ChartCard(page, run)
    expect(card.legend).to_have_text(["Training loss", "Checkpoint"])
    mark = page.locator(".arkor-plot .scatterlayer path.point")
    bottom = mark.evaluate("mark => mark.getBoundingClientRect().bottom")
    top = card.layout(
        "document.querySelector('.arkor-plot').getBoundingClientRect().top + layout.yaxis._offset"
    )
    assert top - 12 < bottom <= top + 1
    card.point_at(20)
    expect(card.label).to_have_text("step 20Training loss 2.1000checkpoint saved")


def test_the_crosshair_has_a_dot_on_each_line_at_the_pointer(page: Page) -> None:
    card = ChartCard(page, a_run(40, eval_every=10))
    lines, dots = (page.locator(f".arkor-crosshair {name}") for name in ("path", "circle"))
    for step, values in ((20, [2.1, 2.6]), (25, [2.08])):
        card.point_at(step)
        expect(card.label).to_contain_text(f"step {step}")
        expect(lines).to_have_count(1)
        left = card.layout(f"layout.xaxis._offset + layout.xaxis.d2p({step})")
        heights = [card.layout(f"layout.yaxis._offset + layout.yaxis.d2p({value})") for value in values]
        wait_for_value(lambda: dots.evaluate_all("all => all.length"), len(values))
        found = dots.evaluate_all(
            'all => all.map((dot) => ["cx", "cy"].map((name) => Number(dot.getAttribute(name))))'
        )
        assert found == [[pytest.approx(left), pytest.approx(height)] for height in heights]
    page.mouse.move(1, 1)
    expect(lines).to_have_count(0)


def test_the_crosshair_has_a_dot_between_two_points_of_a_line_without_markers(page: Page) -> None:
    run = Run()
    for step, loss, eval_loss in ((1, 4.0, None), (2, None, 3.5), (3, 2.0, None)):
        run.report(step, loss, eval_loss)
    card = ChartCard(page, run)
    card.point_at(2)
    expect(card.label).to_contain_text("step 2")
    dots = page.locator(".arkor-crosshair circle")
    wait_for_value(lambda: dots.evaluate_all("all => all.length"), 2)
    found = dots.evaluate_all('all => all.map((dot) => Number(dot.getAttribute("cy")))')
    for height, value in zip(found, (3.0, 3.5), strict=True):
        assert height == pytest.approx(card.layout(f"layout.yaxis._offset + layout.yaxis.d2p({value})"))
