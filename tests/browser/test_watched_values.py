"""The lists show how the jobs are doing that were opened, also where the source's own list does not say it."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.servers import sse

from .reading import open_job
from .studio import Stream, Studio, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
FIXED = ["Status", "Name", "Created", "ID"]


def report(stream: queue.Queue[bytes | None], step: int, loss: float) -> None:
    stream.put(sse("training.log", {"step": step, "loss": loss}, step))


def running(name: str) -> dict[str, object]:
    return job(name, "running", completedAt=None, config={"maxSteps": 10})


def test_a_list_without_values_has_those_of_a_job_from_when_it_is_opened_and_they_move_with_each_event(
    visit: Callable[[str], None], studio: Studio, page: Page
) -> None:
    live: queue.Queue[bytes | None] = queue.Queue()
    streams: dict[str, Stream] = {"unseen": sse_body([log(1, loss=8.0)]), "live": live}
    for name, stream in streams.items():
        studio.add(running(name), stream)
    for step in (1, 2):
        report(live, step, 4.0 - step)
    page.set_viewport_size({"width": 1600, "height": 800})
    visit("/jobs")
    heads, row = page.locator(".st-key-jobs_table th"), page.locator("tbody tr", has_text="live")
    expect(heads).to_have_text(FIXED)
    open_job(page, row.get_by_role("link"))
    expect(page.locator(".st-key-loss_chart .arkor-plot")).to_be_visible()
    page.get_by_role("link", name="Jobs").first.click()

    expect(heads).to_have_text([*FIXED, "Loss curve", "loss, last", "loss, lowest", "Progress", "Duration"])
    values = row.locator("td")
    expect(values.nth(5)).to_have_text("2.0000")
    expect(values.nth(7)).to_have_text("20%")
    expect(row.get_by_role("img", name="Loss curve: From 3.0000 to 2.0000")).to_be_visible()
    unseen = page.locator("tbody tr", has_text="unseen").locator("td")
    expect(unseen.nth(5)).to_have_text("–")
    report(live, 3, 2.5)
    expect(values.nth(5)).to_have_text("2.5000")
    expect(values.nth(6)).to_have_text("2.0000")
    expect(values.nth(7)).to_have_text("30%")
    expect(row.get_by_role("img", name="Loss curve: From 3.0000 to 2.5000")).to_be_visible()
    live.put(None)


def test_the_row_of_the_current_run_has_the_loss_that_its_card_has(
    visit: Callable[[str], None], studio: Studio, page: Page
) -> None:
    live: queue.Queue[bytes | None] = queue.Queue()
    studio.add(running("live"), live)
    report(live, 1, 3.0)
    visit("/")
    row = page.locator(".st-key-recent_jobs tbody tr", has_text="live")
    card = page.locator(".st-key-current_run_figures")
    for step, loss in ((2, 2.5), (3, 1.25)):
        report(live, step, loss)
        expect(card).to_contain_text(f"{loss:.4f}")
        expect(row.locator('[data-kind="last"]')).to_have_text(f"{loss:.4f}")
        expect(row.locator('[data-kind="progress"]')).to_have_text(f"{step}0%")
    live.put(None)
