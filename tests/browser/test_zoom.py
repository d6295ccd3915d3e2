"""The range in view of a chart, which the page's address holds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import wait_on_page
from .reading import wait_for_value
from .studio import NOON, Studio, iso, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
RANGES = """() => {
    const layout = document.querySelector(".arkor-plot")?._fullLayout;
    if (!layout) return [[], []];
    const { xaxis, yaxis } = layout;
    return [xaxis.range, yaxis.range].map((ends) => ends.map((end) => xaxis.r2l(end)));
}"""


def add_run(studio: Studio, name: str) -> str:
    """A run of 1,000 steps, one a minute."""
    reports = [
        log(step, loss=2 - step / 1000, timestamp=iso(NOON + timedelta(minutes=step))) for step in range(1000)
    ]
    return studio.add(job(name), sse_body([*reports, ("training.completed", {}), ("end", {})]))


def drag(page: Page, from_: tuple[float, float], to: tuple[float, float]) -> None:
    """Zoom with the pointer, between places that are shares of the plot."""
    box: Any = page.locator(".arkor-plot .nsewdrag").first.bounding_box()
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (from_, to)]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=5)
    page.mouse.up()


@pytest.mark.parametrize("axis", ["Step", "Time"])
def test_a_reload_keeps_the_zoom_of_both_axes(visit, page: Page, studio: Studio, axis: str) -> None:
    job_id = add_run(studio, "zoomed")
    visit(f"/job?id={job_id}&x={axis}")
    expect(page.get_by_text("showing 1,000 of 1,000 points")).to_be_visible()
    drag(page, (0.3, 0.3), (0.5, 0.6))
    wait_on_page(page, lambda: "zoom=" in page.url, "a zoom in the address")
    expect(page.get_by_text("showing 1,000 of 1,000 points")).to_have_count(0)
    zoomed = page.evaluate(RANGES)
    note = page.get_by_text(re.compile("^showing .* points$")).inner_text()

    page.reload()
    wait_for_value(lambda: rounded(page.evaluate(RANGES)), rounded(zoomed))
    expect(page.get_by_text(note)).to_be_visible()
    assert "zoom=" in page.url

    page.locator(".st-key-curve button").click()
    page.get_by_text("Log scale").click()
    wait_on_page(page, lambda: "log=true" in page.url, "the log scale in the address")
    wait_on_page(page, lambda: "_y_" not in page.url, "an address without the zoom of the other scale")
    page.keyboard.press("Escape")
    page.locator(".arkor-plot .nsewdrag").first.dblclick()
    wait_on_page(page, lambda: "zoom=" not in page.url, "an address without a zoom")
    expect(page.get_by_text("showing 1,000 of 1,000 points")).to_be_visible()
    assert "log=true" in page.url


def rounded(ranges: list[list[float]]) -> list[list[float]]:
    return [[float(f"{end:.8g}") for end in ends] for ends in ranges]


def test_a_zoom_on_another_axis_or_a_broken_one_is_ignored(visit, page: Page, studio: Studio) -> None:
    job_id = add_run(studio, "whole")
    for zoom in ("epoch_x_100_200", "step_x_a_b", "step_x_100", "step_proto_1_2", "step_z9_1_2", "_"):
        visit(f"/job?id={job_id}&zoom={zoom}")
        expect(page.get_by_text("showing 1,000 of 1,000 points")).to_be_visible()
        wait_on_page(page, lambda: "zoom=" not in page.url, "an address without the zoom")


def test_a_comparison_keeps_its_zoom(visit, page: Page, studio: Studio) -> None:
    ids = [add_run(studio, name) for name in ("one", "two")]
    visit(f"/compare?job={ids[0]}&job={ids[1]}")
    expect(page.get_by_text("showing 2,000 of 2,000 points")).to_be_visible()
    drag(page, (0.3, 0.5), (0.5, 0.5))
    wait_on_page(page, lambda: "zoom=" in page.url, "a zoom in the address")
    zoomed = page.evaluate(RANGES)
    sent = page.url
    page.goto("about:blank")
    page.goto(sent)
    wait_for_value(lambda: rounded(page.evaluate(RANGES))[0], rounded(zoomed)[0])
    expect(page.get_by_text("showing 2,000 of 2,000 points")).to_have_count(0)
