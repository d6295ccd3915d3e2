"""The Config card of a job's page."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from .studio import NASTY, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
ENDED = sse_body([log(1, loss=1.0), ("training.completed", {}), ("end", {})])


def test_a_config_shows_every_value_as_text_and_is_searched_and_copied(visit, page, studio):
    config = {
        "model": "tiny",
        "learningRate": 2e-5,
        "lora": {"r": 8, "targets": ["q", "v"]},
        **{f"setting{number}": number for number in range(10)},
        NASTY: NASTY,
        "prompt": "p" * 1000,
    }
    job_id = studio.add(job("configured", config=config), ENDED)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(f"/job?id={job_id}&tab=config")
    card = page.locator(".st-key-config")
    names = card.locator("dt:visible")
    expect(names).to_have_text(
        [
            "model",
            "learningRate",
            "lora.r",
            "lora.targets",
            *(f"setting{n}" for n in range(10)),
            NASTY,
            "prompt",
        ]
    )
    expect(card).to_contain_text("16 values")
    expect(card.locator("dd").nth(3)).to_have_text('["q", "v"]')
    expect(card.locator("dd").nth(14)).to_have_text(NASTY)
    whole = card.get_by_role("button", name="Show all 1,000 characters")
    whole.click()
    expect(card.locator("dd").last).to_contain_text("p" * 1000)
    search = card.get_by_role("searchbox", name="Search the config")
    search.fill("LORA | model")
    expect(names).to_have_text(["model", "lora.r", "lora.targets"])
    expect(card.get_by_role("status")).to_have_text("3 of 16")
    search.fill("nothing")
    expect(card.get_by_role("status")).to_have_text("No value fits.")
    card.get_by_role("button", name="Copy the config as JSON").click()
    expect(card.get_by_role("button", name="Copy the config as JSON")).to_have_text("Copied")
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == config


def test_ten_values_are_all_in_view_and_five_hundred_scroll_within_the_card(visit, page, studio):
    def of(count: int) -> str:
        return studio.add(job("c", config={f"someSetting{number}": number for number in range(count)}), ENDED)

    ten, many, none = of(10), of(500), studio.add(job("none", config={}), ENDED)
    visit(f"/job?id={ten}&tab=config")
    values = page.locator(".arkor-config-values")
    expect(values.locator("dt")).to_have_count(10)
    expect(page.get_by_role("searchbox", name="Search the config")).to_have_count(0)
    assert values.evaluate("e => e.scrollHeight <= e.clientHeight")
    visit(f"/job?id={many}&tab=config")
    expect(values.locator("dt")).to_have_count(500)
    expect(page.get_by_role("searchbox", name="Search the config")).to_be_visible()
    assert values.evaluate("e => e.scrollHeight > e.clientHeight && e.clientHeight < 500")
    visit(f"/job?id={none}&tab=config")
    expect(page.locator(".st-key-metadata")).to_contain_text(re.compile("Completed"))
    expect(page.locator(".st-key-config")).to_contain_text("This job has no config.")
