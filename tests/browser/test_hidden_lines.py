"""Lines that a viewer has hidden stay hidden after a reload, whatever they are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from .conftest import wait_on_page
from .reading import wait_for_value
from .studio import Studio, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
NASTY = 'a&id=b#c=%20"<i>é</i>+d?hidden=x'
SHOWN = """(plot) => [...new Set(plot._fullData.filter(({ name, visible, uid }) => name && visible === true
  && uid.startsWith("1-")).map(({ legendgroup }) => legendgroup))]"""


def hidden(page: Page) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get("hidden", [])


def run(name: str, loss: float, **fields: Any) -> tuple[dict[str, object], bytes]:
    events = [log(step, loss=loss / step, **fields) for step in range(1, 6)]
    return job(name), sse_body([("training.started", {}), *events, ("training.completed", {}), ("end", {})])


def test_a_line_with_any_name_is_hidden_again_after_a_reload(
    visit: Callable[[str], None], studio: Studio, page: Page
) -> None:
    job_id = studio.add(*run("one", 2.0, **{f"eval_{NASTY}_loss": 1.0}))
    visit(f"/job?id={job_id}")
    plot, legend = page.locator(".st-key-loss_chart .arkor-plot"), page.locator(".arkor-legend button")
    expect(legend).to_have_count(2)
    wait_for_value(lambda: len(plot.evaluate(SHOWN)), 2)
    name = plot.evaluate(SHOWN)[1]
    assert NASTY in name
    legend.last.click()
    wait_on_page(page, lambda: hidden(page) == [name], "the line in the address")
    page.reload()
    expect(legend.last).to_have_attribute("aria-pressed", "false")
    wait_for_value(lambda: plot.evaluate(SHOWN), ["Training loss"])
    assert parse_qs(urlsplit(page.url).query)["id"] == [job_id]
    legend.last.click()
    wait_on_page(page, lambda: hidden(page) == [], "an address without the line")


def test_a_run_of_a_comparison_is_hidden_again_after_a_reload(
    visit: Callable[[str], None], studio: Studio, page: Page
) -> None:
    first, second = (studio.add(*run("same name", loss)) for loss in (2.0, 3.0))
    visit(f"/compare?job={first}&job={second}")
    plot = page.locator(".st-key-compare_chart .arkor-plot")
    expect(page.locator(".legendtext")).to_have_count(2)
    wait_for_value(lambda: plot.evaluate(SHOWN), [first, second])
    page.locator(".legendtoggle").last.click()
    wait_on_page(page, lambda: hidden(page) == [second], "the run in the address")
    page.reload()
    expect(page.locator(".legendtext")).to_have_count(2)
    wait_for_value(lambda: plot.evaluate(SHOWN), [first])
    page.locator(".legendtoggle").last.click()
    wait_on_page(page, lambda: hidden(page) == [], "an address without the run")
    wait_for_value(lambda: plot.evaluate(SHOWN), [first, second])
