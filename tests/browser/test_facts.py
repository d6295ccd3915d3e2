"""The facts component alone, in a browser whose clock the test sets."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from arkor_dash.ui.browser import component

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SHOW = """async ([script, data]) => {
  window.facts ??= await import(URL.createObjectURL(new Blob([script], {type: "text/javascript"})));
  if (!document.querySelector("dl")) document.body.innerHTML = "<div id=here><dl></dl></div>";
  window.facts.default({data, parentElement: document.querySelector("#here")});
}"""


def show_age(page: Page, seconds: str, *, at: int) -> None:
    data = {"part": "facts", "view": "view", "at": at, "facts": [["Last event", seconds, "ago", ""]]}
    page.evaluate(SHOW, [component.script("live", "copy", "counting", "facts"), data])


def test_an_age_counts_from_the_newest_report_though_each_is_as_old_when_it_comes(page: Page) -> None:
    page.clock.install(time=0)
    page.goto("about:blank")
    page.clock.pause_at(1000)
    age = page.locator("dd")
    show_age(page, "0.0", at=1)
    page.clock.run_for(5100)
    expect(age).to_have_text("5 s ago")
    show_age(page, "0.0", at=2)
    expect(age).to_have_text("0 s ago")
    page.clock.run_for(3100)
    show_age(page, "0.0", at=2)  # Streamlit shows the component again
    expect(age).to_have_text("3 s ago")
    show_age(page, "9.0", at=1)  # a late message
    expect(age).to_have_text("3 s ago")
