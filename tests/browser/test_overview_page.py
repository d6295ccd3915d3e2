"""The Overview page in each state. The test decides what the Studio answers."""

from __future__ import annotations

import queue

import pytest
from playwright.sync_api import expect

from tests.servers.scripted import json_answer, sse

from .conftest import wait_on_page
from .reading import focus, wait_for_value
from .studio import job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def test_output_is_shown_as_in_a_terminal(visit, page, studio):
    studio.output = b"loading\r\n 10%\r 60%\r100%\n\x1b[31mred\x1b[0m \x1b[1;32mgreen\x1b[0m\n<b>not bold</b>"
    visit("/")
    page.locator(".st-key-run_training button").click()
    expect(page.get_by_text("Finished.")).to_be_visible()
    lines = page.locator(".st-key-run_log li")
    expect(lines).to_have_text(["loading", "100%", "red green", "<b>not bold</b>"])
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the log").click()
    assert download.value.path().read_bytes() == studio.output


def test_a_run_that_a_signal_ended_says_so_and_shows_no_trailer(visit, page, studio):
    studio.output, studio.trailer = b"step=1\n", b"\n---\nexit=null\n"
    visit("/")
    page.locator(".st-key-run_training button").click()
    expect(page.get_by_text("A signal ended the run.")).to_be_visible()
    expect(page.locator(".st-key-run_log li")).to_have_text(["step=1"])


def test_the_manifest_is_requested_again_without_the_error_flickering(visit, page, studio):
    studio.manifest = json_answer({"error": "not now"}, "503 Service Unavailable")
    visit("/")
    expect(page.get_by_text("Couldn't read manifest: ")).to_be_visible()
    page.evaluate(
        """() => {
            const check = () => window.errorShown.push(document.body.innerText.includes("Couldn't read manifest: "));
            window.errorShown = [];
            new MutationObserver(check).observe(document.body, {subtree: true, childList: true, characterData: true});
        }"""
    )
    count = studio.manifest_requests
    wait_on_page(page, lambda: studio.manifest_requests >= count + 2, what="two more tries")
    assert page.evaluate("window.errorShown.every(Boolean)")
    studio.manifest = None
    expect(page.locator(".st-key-run_training button")).to_contain_text("scripted")


def test_hundreds_of_kilobytes_of_output_stay_on_the_page(visit, page, studio):
    studio.output = b"".join(b"line %06d %s\n" % (i, b"." * 60) for i in range(5_000))
    visit("/")
    page.locator(".st-key-run_training button").click()
    expect(page.locator(".st-key-run_log")).to_contain_text("line 004999")
    expect(page.locator(".st-key-run_log")).to_contain_text("line 000100")


def test_the_output_is_complete_after_coming_back_to_its_page(visit, page, studio):
    studio.output = b"".join(b"line %d\n" % number for number in range(200))
    visit("/")
    page.locator(".st-key-run_training button").click()
    expect(page.locator(".st-key-run_log li")).to_have_count(200)
    page.get_by_role("link", name="Jobs", exact=True).click()
    expect(page.locator("h1")).to_have_text(["Jobs"])
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".st-key-run_log li")).to_have_count(200)


DRAWN = "document.querySelector('.st-key-current_run .js-plotly-plot')?.calcdata?.[0]?.length"


def test_the_run_that_is_on_is_shown_with_its_figures_and_its_curve_live(visit, page, studio):
    stream: queue.Queue[bytes | None] = queue.Queue()
    stream.put(sse_body([("training.started", {}), log(1, loss=2.0), log(2, loss=1.5, evalLoss=1.75)]))
    running = {"status": "running", "completedAt": None, "config": {"maxSteps": 4}}
    studio.add(job("older", **running, createdAt="2026-11-22T12:00:00Z"))
    studio.add(job("an ended one"), sse_body([log(1, loss=9.0), ("end", {})]))
    job_id = studio.add(job("newest", **running), stream)
    visit("/")
    card = page.locator(".st-key-current_run")
    expect(card.locator("h2")).to_have_text("Now running")
    figures = card.locator(".arkor-figure-value")
    expect(figures).to_have_text(["1.5000", "1.5000", "1.7500", "1.7500", "2 of 4 steps · 50%"])
    wait_for_value(lambda: page.evaluate(DRAWN), 2)
    stream.put(sse(*log(3, loss=1.25), 4))
    expect(figures.first).to_have_text("1.2500")
    wait_for_value(lambda: page.evaluate(DRAWN), 3)
    card.get_by_role("link", name="1 more is running").click()
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(2)
    page.locator(".st-key-header").get_by_role("link", name="Overview").click()
    card.get_by_role("link", name="newest").click()
    page.wait_for_url(f"**/job?id={job_id}")
    stream.put(None)


def test_the_run_that_has_ended_last_is_shown_with_its_result(visit, page, studio):
    failure = 'Traceback (most recent call last):\n  File "train.py", line 1\nValueError: <b>no</b> *data*'
    events = [
        ("training.started", {}),
        log(1, loss=2.0),
        ("training.failed", {"error": failure}),
        ("end", {}),
    ]
    studio.add(job("broken", "failed"), sse_body(events))
    visit("/")
    card = page.locator(".st-key-current_run")
    expect(card.locator("h2")).to_have_text("Latest run")
    expect(card.locator(".arkor-chip")).to_have_text("Failed")
    expect(card.locator(".arkor-banner")).to_have_text("ValueError: <b>no</b> *data*")
    expect(card.locator(".arkor-figure-value").first).to_have_text("2.0000")


def test_a_run_that_starts_takes_the_place_of_the_one_before(visit, page, studio):
    studio.add(job("before"), sse_body([log(1, loss=9.0), ("training.completed", {}), ("end", {})]))
    visit("/")
    card = page.locator(".st-key-current_run")
    expect(card).to_contain_text("before")
    wait_for_value(lambda: page.evaluate(DRAWN), 1)
    stream: queue.Queue[bytes | None] = queue.Queue()
    stream.put(sse_body([("training.started", {}), log(1, loss=2.0), log(2, loss=1.0)]))
    studio.add(job("after", "running", completedAt=None), stream)
    expect(card).to_contain_text("Now running")
    expect(card.locator(".arkor-figure-value").first).to_have_text("1.0000")
    wait_for_value(lambda: page.evaluate(DRAWN), 2)
    stream.put(None)


def test_the_focus_goes_to_the_output_of_a_run_that_the_keyboard_has_started(visit, page, studio):
    studio.output = b"loading\n"
    visit("/")
    button = page.locator(".st-key-run_training button")
    expect(button).to_be_enabled()
    focus(button)
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-run_log .arkor-rows")).to_be_focused()
    expect(page.get_by_text("Finished.")).to_be_visible()
    expect(page.locator(".st-key-run_log .arkor-rows")).to_be_focused()


def test_the_focus_stays_with_who_turns_to_something_else_after_a_start(visit, page, studio):
    studio.output = b"loading\n"
    visit("/")
    button = page.locator(".st-key-run_training button")
    expect(button).to_be_enabled()
    button.evaluate(  # both at once, however slow the page is
        """button => {
            const other = [...document.querySelectorAll("a")].find((link) => link.textContent.includes("All jobs"));
            button.click();
            other.dispatchEvent(new PointerEvent("pointerdown", {bubbles: true}));
            other.focus();
        }"""
    )
    expect(page.get_by_text("Finished.")).to_be_visible()
    expect(page.get_by_role("link", name="All jobs")).to_be_focused()


def test_the_config_of_the_last_run_tells_what_the_next_one_does(visit, page, studio):
    studio.add(job("scripted", config={"model": "gemma", "maxSteps": 400}), sse_body([("end", {})]))
    visit("/")
    expect(page.locator(".st-key-overview_run dd")).to_have_text(["gemma", "400"])
    expect(page.locator(".st-key-overview_report code")).to_have_count(0)
