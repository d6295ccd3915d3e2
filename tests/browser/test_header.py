"""The header of all pages: the name, the navigation, and the source of the data."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.servers.scripted import json_answer
from tests.waiting import wait_until

from .conftest import PATIENCE_MS
from .layout_shift import MOST_SHIFT, NOTE_SHIFTS, layout_shift
from .reading import focus, wait_for_value
from .studio import job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

STOP_SHOWN = """() => {
  const isShown = () => [...document.querySelectorAll(".stStatusWidget")].some((each) => each.checkVisibility());
  window.stopShown = false;
  const look = () => (window.stopShown ||= isShown());
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
}"""
RING = "element => { const s = getComputedStyle(element); return [s.outlineStyle, s.outlineWidth] }"


def box(element: Locator) -> dict[str, float]:
    found = element.bounding_box()
    assert found is not None
    return dict(found)


@pytest.mark.parametrize("path", ["/", "/jobs", "/job?id={id}", "/compare?job={id}"])
def test_the_navigation_of_a_phone_is_in_sight_and_nothing_covers_it(app, studio, browser: Browser, path):
    job_id = studio.add(job("a run"), sse_body([log(1, loss=1.0), ("end", {})]))
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{app.url}{path.format(id=job_id)}")
    expect(page.locator(".arkor-source-answers")).to_be_visible()
    header = page.locator(".st-key-header")
    in_a_row = [
        header.get_by_role("link", name="Overview"),
        header.get_by_role("link", name="Jobs"),
        page.locator(".arkor-source"),
        page.get_by_test_id("stMainMenuButton"),
    ]
    boxes = [box(element) for element in in_a_row]
    assert all(left["x"] + left["width"] <= right["x"] for left, right in itertools.pairwise(boxes))
    assert all(each["x"] >= 0 and each["x"] + each["width"] <= 390 for each in boxes)
    other = "Jobs" if path == "/" else "Overview"
    header.get_by_role("link", name=other).tap()
    expect(page.locator("h1")).to_have_text([other])
    context.close()


def test_the_details_of_the_source_come_with_the_pointer_and_with_the_focus(visit, page: Page, app):
    visit("/")
    source, details = page.locator(".arkor-source"), page.locator(".arkor-source-details")
    expect(details).to_be_hidden()
    source.hover()
    expect(details).to_be_visible()
    expect(details).to_have_text(re.compile(r"http://127\.0\.0\.1:\d+.*It answers\.", re.DOTALL))
    page.mouse.move(300, 600)
    expect(details).to_be_hidden()
    focus(page.locator(".st-key-header").get_by_role("link", name="Jobs"))
    for _ in range(20):
        page.keyboard.press("Tab")
        if details.is_visible():
            break
    expect(source).to_be_focused()


def test_the_dot_of_a_source_that_does_not_answer_says_so(visit, page: Page, studio):
    visit("/")
    expect(page.locator(".arkor-source-answers")).to_be_visible()
    studio.jobs_answer = json_answer({"error": "down"}, "503 Service Unavailable")
    expect(page.locator(".arkor-source-lost")).to_be_visible()
    expect(page.locator(".arkor-source-details")).to_have_text(re.compile(r"It has not answered since \d\d:"))


def test_no_word_of_streamlit_stands_beside_a_run(visit, page: Page, studio):
    """While a page's script runs, Streamlit shows a button "Stop"."""
    visit("/jobs")
    page.evaluate(STOP_SHOWN)
    for name in ("Overview", "Jobs", "Overview"):
        page.locator(".st-key-header").get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text([name])
    assert page.evaluate("window.stopShown") is False


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whoever_uses_the_keyboard_sees_which_control_has_the_focus(app, studio, browser: Browser, scheme):
    studio.add(job("a run"), sse_body([log(1, loss=1.0), ("end", {})]))
    context = browser.new_context(color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{app.url}/jobs")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    seen = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        focused = page.evaluate_handle(
            """() => {
                const at = document.activeElement;
                return at.closest('[data-baseweb="input"]') ?? at.closest("label:has(input)") ?? at;
            }"""
        ).as_element()
        assert focused is not None
        seen.add(focused.evaluate("element => element.outerHTML.slice(0, 300)"))
        if focused.evaluate("element => element !== document.body"):
            assert focused.evaluate(RING) == ["solid", "2px"], focused.evaluate(
                "element => element.outerHTML"
            )
    assert len(seen) > 8
    context.close()


@pytest.mark.parametrize(
    "shown", [("/", ".st-key-current_run .main-svg"), ("/jobs", ".st-key-jobs_table td")]
)
@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_that_loads_hardly_moves(app, studio, browser: Browser, shown, width):
    path, last = shown
    events = sse_body([log(1, loss=1.0), log(2, loss=0.5, evalLoss=0.75), ("end", {})])
    for number in range(6):
        studio.add(job(f"run {number}"), events)
    context = browser.new_context(viewport={"width": width, "height": 844})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{app.url}{path}")  # the first viewer, for whom the source is asked
    expect(page.locator(last).first).to_be_visible()
    page.add_init_script(NOTE_SHIFTS)
    page.reload()
    expect(page.locator(last).first).to_be_visible()
    expect(page.locator(".st-key-run_training, .st-key-jobs_status").first).to_be_visible()
    wait_for_value(lambda: page.locator("[data-testid='stSkeleton']").count(), 0)
    wait_until(lambda: page.evaluate("document.readyState") == "complete", what="a loaded page")
    assert layout_shift(page) < MOST_SHIFT
    context.close()
