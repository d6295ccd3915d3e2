"""A chart with its head, alone on a page, whose messages the test sends."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Locator, Page, expect

from arkor_dash.charts.theme import DARK_COLOURS, RUN_COLOURS, css_variables
from arkor_dash.ui.browser import chart, chart_head, component
from tests.charts.test_growing_chart import Run

from .conftest import ROOT

ADDRESS = "http://chart.test/"
PLOTLY_JS = ROOT / chart.PLOTLY_JS.removeprefix("app/")
STYLE = ROOT / "arkor_dash/ui/assets/style.css"
BACKGROUNDS = {"light": "#ffffff", "dark": "#0f1616"}
HTML = """<!doctype html><html lang="en"><head><title>Chart</title><style>{variables}</style><style>{style}</style>
<script src="plotly.js"></script></head><body class="stApp">
<div id="head">{head}</div><div id="chart">{chart}</div></body></html>"""
SHOW = """async ([scripts, head, data]) => {
  const load = (source) => import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const [showHead, showChart] = (await Promise.all(scripts.map(load))).map((module) => module.default);
  const given = (id) => ({ parentElement: document.getElementById(id), setStateValue() {}, setTriggerValue() {} });
  showHead({ data: head, ...given("head") });
  window.show = (more) => showChart({ data: { ...data, ...more }, ...given("chart") });
}"""


class ChartCard:
    """The card of the run's chart, in a browser window of 1000 px. `query` is that of the page's address."""

    def __init__(self, page: Page, run: Run, scheme: str = "light", query: str = "") -> None:
        self.page, self.run = page, run
        self.plot, self.said = page.locator(".arkor-plot"), page.locator(".arkor-reading")
        self.legend, self.reset = (
            page.locator(".arkor-legend button"),
            page.get_by_role("button", name="Reset zoom"),
        )
        self.label = page.locator(".hoverlayer .hovertext text.nums")
        page.set_viewport_size({"width": 1000, "height": 700})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.route(f"{ADDRESS}**", lambda route: route.fulfill(body=_html(scheme), content_type="text/html"))
        page.route(f"{ADDRESS}plotly.js", lambda route: route.fulfill(path=PLOTLY_JS))
        page.goto(f"{ADDRESS}{query}")
        part = {
            "part": "head",
            "heading": "Loss",
            "tag": "h2",
            "hidden_in": "hidden",
            "before": "",
            "after": "",
        }
        head = {**part, "view": "head", "at": -1, "note": "", "legend": []}
        scripts = [
            component.script(*chart_head.SCRIPTS, "chart_head"),
            component.script(*chart.SCRIPTS, "chart"),
        ]
        axis = run.options().axis.title
        common = chart.common_data(DARK_COLOURS | RUN_COLOURS, [])
        zoom = {"parameter": "zoom", "axis": axis}
        data = {"part": "chart", "view": run.chart.view_id, "head": part, "zoom": zoom, **common}
        page.evaluate(SHOW, [scripts, head, json.loads(json.dumps(data))])
        self.update()
        expect(page.locator(".arkor-plot .xaxislayer-above")).to_have_count(1)

    def update(self) -> None:
        """Send the chart as it is now."""
        self.run.draw()
        self.page.evaluate("(message) => window.show(message)", self.run.chart.message(None)[0])

    def layout(self, expression: str) -> Any:
        """A value that is computed from Plotly's full layout, `layout`."""
        return self.plot.evaluate(f"(plot) => {{ const layout = plot._fullLayout; return {expression} }}")

    def ticks(self, letter: str) -> Locator:
        return self.page.locator(f".{letter}tick text")

    def point_at(self, position: float, height: float = 0.2) -> None:
        """Move the pointer to that position on the x axis, and that share of the plot's height."""
        box = self.plot.bounding_box()
        assert box is not None
        left = self.layout(f"layout.xaxis._offset + layout.xaxis.d2p({position})")
        top = self.layout(f"layout.yaxis._offset + layout.yaxis._length * {height}")
        self.page.mouse.move(box["x"] + left, box["y"] + top)


def a_run(steps: int, *, eval_every: int = 0, **options: Any) -> Run:
    """A run whose loss falls from 4 to 2."""
    run = Run(**options)
    for step in range(1, steps + 1):
        loss = 2 + 2 / step
        run.report(step, loss, loss + 0.5 if eval_every and step % eval_every == 0 else None)
    return run


def _html(scheme: str) -> str:
    variables = ";".join(f"{name}: {value}" for name, value in css_variables().items())
    background = BACKGROUNDS[scheme]
    root = f":root {{ color-scheme: {scheme}; {variables}; --st-background-color: {background} }}"
    page = f"body {{ background: {background}; margin: 8px; padding: 0 }}"
    style = STYLE.read_text(encoding="utf-8")
    return HTML.format(variables=root + page, style=style, head=chart_head.HTML, chart=chart.CHART_HTML)
