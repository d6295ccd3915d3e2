"""Numbers on a job's page that four decimals would show as equal."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import expect

from tests.waiting import wait_until

from .reading import open_tab
from .studio import job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
UNGROUPED = re.compile(r"\d{4}")
ZOOM = "range => Plotly.relayout(document.querySelector('.js-plotly-plot'), {'yaxis.range': range})"


def test_small_losses_are_told_apart_on_both_axes_and_in_the_statistics(visit, page, studio):
    def numbers() -> list[float]:
        """What the texts of the y axis say, once they stand still."""
        read: list[list[str]] = []

        def is_steady() -> bool:
            read.append(page.locator(".ytick text").all_text_contents())
            return len(read) > 1 and len(read[-1]) > 1 and read[-1] == read[-2]

        wait_until(is_steady, what="the ticks of the y axis")
        return [float(text.replace("−", "-")) for text in read[-1]]

    losses = [4e-5, 3e-5, 9e-6, 2e-6]
    events = [log(step, loss=loss) for step, loss in enumerate(losses, start=1)]
    job_id = studio.add(job("tiny"), sse_body([*events, ("training.completed", {}), ("end", {})]))
    for address in (f"/job?id={job_id}", f"/job?id={job_id}&log=true"):
        visit(address)
        expect(page.locator(".st-key-loss_chart .js-plotly-plot")).to_be_visible()
        shown = numbers()
        assert len(set(shown)) == len(shown)
        assert min(shown) < 1e-5 < max(shown)
    page.evaluate(ZOOM, [math.log10(2e-5), math.log10(2.00001e-5)])
    wait_until(lambda: min(numbers()) >= 2e-5, what="the ticks of the range in view")
    assert len(set(numbers())) == len(numbers())
    page.locator(".st-key-advanced label").click()
    card = page.locator(".st-key-stats_train")
    expect(card).to_contain_text("2.0000e-6 at step 4")
    expect(card).to_contain_text("2.0250e-5 ± ")
    expect(page.locator(".st-key-event_log")).to_contain_text("step=4 loss=0.0000")


def test_all_numbers_of_a_page_have_their_digits_in_groups_of_three(visit, page, studio):
    events = [
        log(step, loss=20_000.0 - step, **{"lengths/mean": 12_345.0 + step}) for step in range(1, 9_001, 10)
    ]
    job_id = studio.add(job("large"), sse_body([*events, ("training.completed", {}), ("end", {})]))
    visit(f"/job?id={job_id}&advanced=true")
    expect(page.get_by_text("showing 900 of 900 points")).to_be_visible()
    ticks = page.locator(".arkor-plot .xtick text, .arkor-plot .ytick text")
    expect(ticks.filter(has_text="8,000")).not_to_have_count(0)
    expect(ticks.filter(has_text="12,000")).not_to_have_count(0)
    expect(ticks.filter(has_text=UNGROUPED)).to_have_count(0)
    plot = page.locator(".arkor-plot")
    plot.hover(position={"x": 700, "y": 200})
    expect(page.locator(".hovertext")).to_contain_text("step 8,")
    expect(page.locator(".hovertext")).to_contain_text("Training loss 11,")
    expect(page.locator(".st-key-stats_train")).to_contain_text("11,009.0000 at step 8,991")
    open_tab(page, "Metrics")
    tile = page.locator(".arkor-tile")
    expect(tile).to_contain_text("21,336")
    texts = tile.locator("span:not(:has(*))").all_inner_texts()
    assert "21,336" in texts
    assert not any(UNGROUPED.search(text) for text in texts)
