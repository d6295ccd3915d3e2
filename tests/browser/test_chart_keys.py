"""A chart read and zoomed with the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from arkor_dash.charts.contrast import contrast

from .chart_card import BACKGROUNDS, ChartCard, a_run
from .conftest import wait_on_page
from .reading import focus, wait_for_value

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CROSSHAIR = """plot => {
  const { xaxis } = plot._fullLayout, line = plot.querySelector(".arkor-crosshair path");
  const left = Number(line?.getAttribute("d").match(/M([\\d.]+)/)[1]);
  return Math.round(xaxis.p2c(left - xaxis._offset) * 100) / 100;
}"""
LABEL_IS_BESIDE = """plot => {
  const [label, line] = [".hoverlayer .hovertext path", ".arkor-crosshair path"].map((name) =>
    plot.querySelector(name)?.getBoundingClientRect());
  return Math.abs(label.left - line.left) < 4;
}"""
OUTLINE = (
    """plot => { const style = getComputedStyle(plot); return [style.outlineWidth, style.outlineColor] }"""
)


def test_the_arrows_read_one_point_after_the_other(page: Page) -> None:
    card = ChartCard(page, a_run(40, eval_every=10))
    expect(page.locator(".arkor-crosshair")).to_have_count(0)
    focus(card.plot)
    for key, said in (
        ("ArrowRight", "step 1, Training loss 4.0000"),
        ("ArrowRight", "step 2, Training loss 3.0000"),
        ("Shift+ArrowRight", "step 12, Training loss 2.1667"),
        ("ArrowLeft", "step 11, Training loss 2.1818"),
        ("ArrowLeft", "step 10, Training loss 2.2000, Eval loss 2.7000"),
        ("End", "step 40, Training loss 2.0500, Eval loss 2.5500, best eval loss"),
        ("ArrowRight", "step 40, Training loss 2.0500, Eval loss 2.5500, best eval loss"),
        ("Home", "step 1, Training loss 4.0000"),
    ):
        page.keyboard.press(key)
        expect(card.said).to_have_text(said)
        assert card.plot.evaluate(CROSSHAIR) == float(re.findall(r"\d+", said)[0])
    page.keyboard.press("Escape")
    expect(card.label).to_have_count(0)
    expect(page.locator(".arkor-crosshair path")).to_have_count(0)
    expect(card.said).to_have_text("")


def test_a_reading_stays_on_its_point_while_the_chart_grows(page: Page) -> None:
    card = ChartCard(page, a_run(20))
    focus(card.plot)
    for key in ("Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(card.said).to_have_text("step 3, Training loss 2.6667")
    for step in range(21, 60):
        card.run.report(step, 2.0, 2.0 if step % 10 == 0 else None)
        card.update()
    wait_for_value(lambda: card.layout("layout.xaxis.range[1] > 58"), True)
    wait_for_value(lambda: card.plot.evaluate(CROSSHAIR), 3)
    wait_for_value(lambda: card.plot.evaluate(LABEL_IS_BESIDE), True)
    expect(card.label).to_have_text("step 3Training loss 2.6667")
    expect(card.said).to_have_text("step 3, Training loss 2.6667")
    page.keyboard.press("ArrowRight")
    expect(card.said).to_have_text("step 4, Training loss 2.5000")


def test_plus_and_minus_zoom_around_the_reading_and_0_shows_all(page: Page) -> None:
    card = ChartCard(page, a_run(100))
    whole = card.layout("layout.xaxis.range")
    focus(card.plot)
    for key in (*["Shift+ArrowRight"] * 3, "+", "+"):
        page.keyboard.press(key)
    expect(card.said).to_have_text("step 30, Training loss 2.0667")
    wait_on_page(page, lambda: "zoom=step_x_" in page.url, "a zoom in the address")
    low, high = card.layout("layout.xaxis.range")
    assert high - low == pytest.approx((whole[1] - whole[0]) / 4)
    assert (30 - low) / (high - low) == pytest.approx((30 - whole[0]) / (whole[1] - whole[0]))
    page.keyboard.press("Home")  # the first point in view
    expect(card.said).to_have_text("step 23, Training loss 2.0870")
    page.keyboard.press("-")
    wait_for_value(lambda: card.layout("Math.round(layout.xaxis.range[1] - layout.xaxis.range[0])"), 50)
    page.keyboard.press("0")
    wait_on_page(page, lambda: "zoom=" not in page.url, "an address without a zoom")
    assert card.layout("layout.xaxis.range") == whole
    page.keyboard.press("Escape")
    page.keyboard.press("+")
    wait_for_value(lambda: card.layout("layout.xaxis.range.map(Math.round)"), [26, 75])
    for _ in range(3):
        page.keyboard.press("-")
    wait_for_value(lambda: card.layout("layout.xaxis.range"), whole)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_focus_is_seen_and_the_chart_has_a_name(page: Page, scheme: str) -> None:
    card = ChartCard(page, a_run(3), scheme)
    expect(page.get_by_role("application", name="Training loss, 3 points, from 4 at step 1")).to_be_visible()
    focus(card.legend.last)
    page.keyboard.press("Tab")
    expect(card.plot).to_be_focused()
    width, colour = card.plot.evaluate(OUTLINE)
    assert width == "2px"
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    background = int(BACKGROUNDS[scheme].removeprefix("#"), 16)
    assert contrast(red << 16 | green << 8 | blue, background) >= 3  # WCAG 2.2, 2.4.13


def test_the_pointer_takes_over_from_the_keyboard_and_the_keyboard_goes_on_from_there(page: Page) -> None:
    card = ChartCard(page, a_run(40))
    focus(card.plot)
    page.keyboard.press("End")
    card.point_at(20)
    expect(card.label).to_contain_text("step 20")
    page.keyboard.press("ArrowRight")
    expect(card.said).to_have_text("step 21, Training loss 2.0952")
