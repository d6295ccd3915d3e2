"""What holds for every page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.waiting import wait_until

from .conftest import PATIENCE_MS
from .reading import wait_for_value
from .studio import job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/jobs", "/job?id={id}"])
def test_every_page_fits_a_phone(app, studio, browser: Browser, path, scheme):
    job_id = studio.add(job("w" * 120, "failed", error="e" * 500), sse_body([log(1, loss=1.0), ("end", {})]))
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{app.url}{path.format(id=job_id)}")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".stMain")).to_contain_text("wwww")
    width = "document.querySelector('.stMain').scrollWidth"
    wait_until(lambda: page.evaluate(width) <= 390, what="a page that fits a phone")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_contrasts_with_its_background(app, studio, browser: Browser, scheme):
    events = [("training.started", {}), log(1, loss=2.0), log(2, loss=1.0, evalLoss=1.5)]
    events += [
        ("checkpoint.saved", {"step": 2}),
        ("training.failed", {"error": "out of memory"}),
        ("end", {}),
    ]
    for status in ("running", "queued", "completed", "cancelled"):
        studio.add(job(status, status))
    failed = studio.add(job("failed", "failed"), sse_body(events))
    context = browser.new_context(color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    script = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
    for path, last in [
        ("/", ".st-key-recent_jobs .arkor-status-failed"),
        ("/jobs", ".st-key-jobs_table .arkor-status-failed"),
        (f"/job?id={failed}", ".st-key-event_log .arkor-event-training-failed"),
    ]:
        page.goto(f"{app.url}{path}")
        expect(page.locator(last)).to_be_visible()
        if path.startswith("/job?"):
            page.locator(".st-key-advanced label").click()
            expect(page.locator(".st-key-stats_eval dd").first).to_be_visible()
        wait_for_value(lambda: page.evaluate(script), [])
    context.close()
