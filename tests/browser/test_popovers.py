"""Buttons that open a popover."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

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
    buttons, body = page.get_by_test_id("stPopoverButton"), page.get_by_test_id("stPopoverBody")
    expect(buttons.filter(has_text="Export")).to_be_visible()
    expect(buttons.filter(has_text="Curve")).to_be_visible()
    page.evaluate(SLOW_CLICKS)
    for button in buttons.all():
        for part in button.get_by_test_id("stIconMaterial").all():
            page.mouse.click(*part.evaluate(PLACE_OF))
            wait_for_frames(page)
            expect(body).to_be_visible()
            page.keyboard.press("Escape")
            expect(body).to_have_count(0)
