"""The head of a chart: its legend, and what ends a zoom."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .chart_card import ChartCard, a_run
from .conftest import wait_on_page
from .reading import focus, wait_for_value
from .test_zoom import drag

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
LINES = """plot => plot._fullData.filter(({ name, visible }) => name && visible === true).map(({ name }) => name)"""


def test_an_entry_of_the_legend_hides_its_line_while_the_chart_grows(page: Page) -> None:
    card = ChartCard(page, a_run(20, eval_every=5))
    names = ["Training loss", "Eval loss", "Best eval loss"]
    expect(card.legend).to_have_text(names[:2])
    assert card.plot.evaluate(LINES) == names
    entry = page.get_by_role("button", name="Eval loss")
    expect(entry).to_have_attribute("aria-pressed", "true")
    focus(entry)
    page.keyboard.press("Enter")
    expect(entry).to_have_attribute("aria-pressed", "false")
    wait_for_value(lambda: card.plot.evaluate(LINES), ["Training loss"])
    card.run.report(25, 2.0, 1.0)
    card.update()
    wait_for_value(lambda: card.layout("layout.xaxis.range[1] >= 25"), True)
    assert card.plot.evaluate(LINES) == ["Training loss"]
    expect(entry).to_be_focused()
    page.keyboard.press("Space")
    wait_for_value(lambda: card.plot.evaluate(LINES), names)
    expect(page.locator(".arkor-plot .legend")).to_have_count(0)


def test_the_address_holds_which_lines_are_hidden_and_a_reload_hides_them_again(page: Page) -> None:
    card = ChartCard(page, a_run(20, eval_every=5), query="?hidden=unknown")
    entries = page.evaluate("history.length")
    card.legend.last.click()
    wait_on_page(
        page, lambda: page.url.endswith("?hidden=unknown&hidden=Eval+loss"), "the line in the address"
    )
    again = ChartCard(page, a_run(20, eval_every=5), query="?hidden=Eval+loss")
    expect(again.legend.last).to_have_attribute("aria-pressed", "false")
    wait_for_value(lambda: again.plot.evaluate(LINES), ["Training loss"])
    again.legend.last.click()
    wait_on_page(page, lambda: "hidden" not in page.url, "an address without a hidden line")
    wait_for_value(lambda: again.plot.evaluate(LINES), ["Training loss", "Eval loss", "Best eval loss"])
    assert page.evaluate("history.length") == entries + 1  # of which one is the second visit


def test_the_legend_gets_an_entry_with_the_first_point(page: Page) -> None:
    card = ChartCard(page, a_run(3))
    expect(card.legend).to_have_text(["Training loss"])
    card.run.report(4, 2.0, 2.5)
    card.run.report(5, float("nan"))
    card.update()
    expect(card.legend).to_have_text(["Training loss", "Eval loss", "Not finite"])


@pytest.mark.parametrize(
    ("scheme", "colours"), [("light", "13, 148, 136 219, 39, 119"), ("dark", "45, 212, 191 244, 114, 182")]
)
def test_the_legend_has_the_colours_of_the_lines(page: Page, scheme: str, colours: str) -> None:
    card = ChartCard(page, a_run(20, eval_every=5), scheme)
    found = card.legend.locator("svg").evaluate_all("all => all.map((svg) => getComputedStyle(svg).color)")
    assert " ".join(found).replace("rgb(", "").replace(")", "") == colours
    assert card.legend.locator("path").count() == 3  # a line, and a line with a dot
    assert card.legend.last.locator("[stroke-dasharray]").count() == 1


def test_the_zoom_is_reset_by_a_button_that_is_there_while_zoomed(page: Page) -> None:
    card = ChartCard(page, a_run(100))
    whole = card.layout("[...layout.xaxis.range, ...layout.yaxis.range]")
    expect(card.reset).to_have_count(0)
    drag(page, (0.3, 0.3), (0.5, 0.6))
    expect(card.reset).to_be_visible()
    wait_on_page(page, lambda: "_y_" in page.url, "a zoom of both axes in the address")
    assert page.locator(".plotly-notifier .notifier-note").count() == 0
    card.reset.click()
    expect(card.reset).to_have_count(0)
    wait_on_page(page, lambda: "zoom=" not in page.url, "an address without a zoom")
    assert card.layout("[...layout.xaxis.range, ...layout.yaxis.range]") == whole


def test_a_zoom_of_the_address_is_reset_by_the_button_to_the_clipped_axis(page: Page) -> None:
    run = a_run(100, clip=True)
    run.report(101, 1e6)
    card = ChartCard(page, run, query="?zoom=step_x_20_30_y_0_1")
    wait_for_value(lambda: card.layout("[...layout.xaxis.range, ...layout.yaxis.range]"), [20, 30, 0, 1])
    card.reset.click()
    wait_for_value(lambda: card.layout("layout.xaxis.range[0]"), 1)
    assert 2 < card.layout("layout.yaxis.range[1]") < 100
    expect(card.reset).to_have_count(0)
