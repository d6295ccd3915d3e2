"""The loss chart's component alone in the browser: updates that follow each other closely."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .test_chart_hover import CHART_JS, PLOTLY_JS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

OVERTAKEN = """async ([source, figures]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: show } = await import(url);
  const parentElement = document.body;
  const common = { dark: {}, config: {}, alt: "", library: "plotly.js", part: "", view: "" };
  const [overtaken, current] = figures.map((figure, at) =>
    show({ data: { ...common, figure_as_whole: figure, at }, parentElement, setStateValue: () => {} }));
  await new Promise((done) => setTimeout(done));
  overtaken();
  window.leave = () => { document.querySelector(".arkor-plot").remove(); current(); };
}"""


@pytest.fixture
def plot(page: Page) -> None:
    """A chart with two updates at once. Streamlit calls the cleanup of the first as if the chart was removed."""
    page.set_content('<div class="arkor-plot" style="width: 600px"></div><p class="arkor-plot-problem"></p>')
    page.add_script_tag(path=PLOTLY_JS)
    figures = [
        {"data": [{"x": [1, 2], "y": [last, last], "name": "Loss"}], "layout": {"showlegend": True}}
        for last in (1, 2)
    ]
    page.evaluate(OVERTAKEN, [CHART_JS, figures])


@pytest.mark.usefixtures("plot")
def test_the_cleanup_of_a_replaced_update_leaves_the_chart_alone(page: Page):
    expect(page.locator(".legendtext")).to_have_text(["Loss"])
    page.wait_for_function("document.querySelector('.arkor-plot')?.calcdata?.[0][1].y === 2")


@pytest.mark.usefixtures("plot")
def test_a_chart_that_leaves_the_page_is_purged(page: Page):
    expect(page.locator(".legendtext")).to_have_text(["Loss"])
    assert (
        page.evaluate(
            "() => { const node = document.querySelector('.arkor-plot'); window.leave(); return node._fullLayout }"
        )
        is None
    )
