"""The Environment card of a job's page."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from .reading import open_tab
from .studio import NASTY, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
RECORDED = {
    "python": "3.12.1",
    "command": NASTY,
    "commit": "c0ffee",
    "hasChanges": True,
    "libraries": {NASTY: "1.0"},
}


def test_a_run_shows_its_environment_as_text_to_be_copied_and_nothing_of_it_in_the_event_log(
    visit, page, studio
):
    events = [
        ("training.started", {}),
        ("training.environment", RECORDED),
        log(1, loss=1.0),
        ("training.system", {"system/cpu_percent": 50}),
        ("training.completed", {}),
        ("end", {}),
    ]
    job_id = studio.add(job("recorded"), sse_body(events))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(f"/job?id={job_id}&tab=config")
    card = page.locator(".st-key-environment")
    expect(card.locator("dt")).to_have_text(["Command", "Git commit", "Python", NASTY])
    expect(card.locator("dd")).to_have_text([NASTY, "c0ffee, with changes", "3.12.1", "1.0"])
    expect(card.get_by_role("region", name="Values of the environment")).to_be_visible()
    button = card.get_by_role("button", name="Copy the environment as JSON")
    button.click()
    expect(button).to_have_text("Copied")
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == RECORDED
    open_tab(page, "Overview")
    brief = page.locator(".st-key-environment_brief")
    expect(brief.locator("dt")).to_have_text(["Git commit", "Python"])
    names = page.locator(".st-key-event_log .arkor-rows").get_by_text("training.")
    expect(names).to_have_text(["training.started", "training.log", "training.completed"])


def test_a_job_that_has_recorded_no_environment_has_no_such_card(visit, page, studio):
    job_id = studio.add(job("bare"), sse_body([log(1, loss=1.0), ("training.completed", {}), ("end", {})]))
    visit(f"/job?id={job_id}&tab=config")
    expect(page.locator(".st-key-metadata")).to_contain_text("Completed")
    expect(page.locator(".st-key-environment, .st-key-environment_brief")).to_have_count(0)
