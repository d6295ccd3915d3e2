"""Buttons that open a popover."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from .reading import wait_for_frames
from .studio import Studio, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SLOW_CLICKS = """document.body.addEventListener("click", () => {
  const end = performance.now() + 100;
  while (performance.now() < end);
})"""
"""Between Streamlit's own two listeners to a click, the second of which closes popovers."""
PLACE_OF = """(icon) => {
  const {x, y, width, height} = icon.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}"""


def test_a_popover_stays_open_wherever_its_button_was_clicked_however_slow_the_browser_is(
    visit: Callable[[str], None], page: Page, studio: Studio
) -> None:
    job_id = studio.add(
        job("popovers"), sse_body([log(1, loss=1.0), ("training.completed", {}), ("end", {})])
    )
    visit(f"/job?id={job_id}")
    curve = page.locator(".st-key-curve").get_by_test_id("stIconMaterial")
    export = page.locator(".st-key-export").get_by_test_id("stIconMaterial")
    body = page.get_by_test_id("stPopoverBody")
    expect(curve).to_have_count(2)
    expect(export).to_have_count(2)
    page.evaluate("document.fonts.ready")  # until then, an icon is as wide as its name
    page.evaluate(SLOW_CLICKS)

    def open_popover(icon: Locator) -> None:
        page.mouse.click(*icon.evaluate(PLACE_OF))
        wait_for_frames(page)
        expect(body).to_be_visible()

    for icon in (curve.first, curve.last):
        open_popover(icon)
        page.keyboard.press("Escape")
        expect(body).to_have_count(0)
    # The server hears when Export is opened. If it were closed before the answer, the answer would open it again.
    open_popover(export.last)
