"""The Overview page in each state. The test decides what the Studio answers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.servers.scripted import json_answer

from .conftest import wait_on_page

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
