"""The Compare page, in the browser."""

from __future__ import annotations

import queue
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.waiting import wait_until

from .reading import wait_for_value
from .studio import job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def reports(count: int, *, level: float = 1.0, **metrics: float) -> list[tuple[str, object]]:
    """A run whose loss falls to `level` at its last step, where it also has an eval loss."""
    steps = range(1, count + 1)
    return [
        log(step, loss=level + count - step, **({"evalLoss": level} if step == count else {}), **metrics)
        for step in steps
    ]


def ended(events: list[tuple[str, object]]) -> bytes:
    return sse_body([*events, ("end", {})])


def traces(page: Page) -> list[tuple[str, str, list[float]]]:
    """The name, the y axis and the y values of each line."""
    found: list[Any] = page.evaluate(
        """() => (document.querySelector(".st-key-compare_chart .js-plotly-plot")?._fullData ?? [])
            .map((trace) => [trace.name, trace.yaxis, [...trace.y]])"""
    )
    return [(name, axis, values) for name, axis, values in found]


def table(page: Page) -> dict[str, list[str]]:
    """The cells of each column of the table, by its label."""
    rows: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll(".st-key-compare_results table tr")]
            .map((row) => [...row.children].map((cell) => cell.textContent))"""
    )
    return {label: cells for label, *cells in zip(*rows, strict=True)} if rows else {}


def opened(page: Page, app: Any, *job_ids: str, **query: str) -> None:
    extra = "".join(f"&{name}={value}" for name, value in query.items())
    page.goto(f"{app.url}/compare?" + "&".join(f"job={each}" for each in job_ids) + extra)
    expect(page.locator("h1")).to_have_text(["Compare"])


def test_jobs_are_chosen_in_the_list_and_compared(shared, page: Page) -> None:
    app, studio = shared
    config = {"model": "m", "nested": {"depth": 2}}
    first = studio.add(job("first", config={**config, "learningRate": 1e-5}), ended(reports(100)))
    live: queue.Queue[bytes | None] = queue.Queue()
    before, after = sse_body(reports(50, level=2.0)), sse_body([*reports(50, level=2.0), log(60, loss=1.5)])
    live.put(before)
    second = studio.add(
        job("<b>second</b>", "running", completedAt=None, config={**config, "learningRate": 2e-5}), live
    )
    page.goto(f"{app.url}/jobs")
    expect(page.locator(".st-key-jobs_table input")).to_have_count(0)
    page.locator(".st-key-jobs_refresh button").click()
    page.locator(".st-key-choosing label").click()
    expect(page.get_by_text("Choose 2 to 10 jobs: 0 chosen.")).to_be_visible()
    for name in ("first", "<b>second</b>"):
        page.get_by_role("checkbox", name=f"Choose {name}").check()
    page.get_by_role("button", name="Compare 2 jobs").click()
    expect(page.locator("h1")).to_have_text(["Compare"])
    wait_until(lambda: f"job={first}" in page.url and f"job={second}" in page.url, what="the address")
    expect(page.locator(".legendtext")).to_have_text(["first", "<b>second</b>"])
    wait_for_value(lambda: table(page).get("Job"), ["first", "<b>second</b>"])
    wait_for_value(lambda: table(page).get("eval_loss, lowest"), ["1", "2"])
    wait_for_value(lambda: table(page).get("learningRate"), ["0.00001", "0.00002"])
    assert "nested.depth" not in table(page)
    page.get_by_text("Equal settings").click()
    wait_for_value(lambda: table(page).get("nested.depth"), ["2", "2"])
    assert "equal=" in page.url
    live.put(after[len(before) :])
    wait_until(
        lambda: 1.5 in [each for _, _, values in traces(page) for each in values], what="the live point"
    )
    wait_for_value(lambda: table(page).get("loss, last"), ["1", "1.5"])
    page.locator(".arkor-runs").get_by_role("link", name="first").click()
    expect(page.locator("h1")).to_have_text(["first"])
    live.put(None)


def test_any_metrics_are_compared_and_the_address_keeps_which(shared, page: Page) -> None:
    app, studio = shared
    nasty = "rewards/<b>x</b>"
    first = studio.add(job("with"), ended(reports(20, **{nasty: 0.5, "epoch": 0.0, "kl": 1e-5})))
    second = studio.add(job("without"), ended(reports(20)))
    opened(page, app, first, second)
    expect(page.locator(".legendtext")).to_have_text(["with", "without"])
    page.get_by_role("combobox", name="Metrics").click()
    expect(page.get_by_role("option")).to_have_text(["eval_loss", "kl", nasty])
    page.get_by_role("option", name=nasty).click()
    wait_for_value(lambda: sorted({axis for _, axis, _ in traces(page)}), ["y", "y2"])
    expect(page.get_by_text(f"{nasty}: not reported by without.")).to_be_visible()
    wait_for_value(lambda: parse_qs(urlsplit(page.url).query).get("metric"), ["loss", nasty])

    sent = page.url
    page.goto("about:blank")
    page.goto(sent)
    wait_for_value(lambda: [axis for name, axis, _ in traces(page) if name == "with"], ["y", "y", "y2"])
    expect(page.locator(".annotation-text")).to_have_text(["loss · eval_loss", nasty])
    wait_for_value(lambda: parse_qs(urlsplit(page.url).query).get("metric"), ["loss", nasty])


def test_a_run_without_epochs_is_not_drawn_over_epochs(shared, page: Page) -> None:
    app, studio = shared
    epochs = [log(step, loss=1.0, epoch=step / 10) for step in range(1, 21)]
    first, second = studio.add(job("with"), ended(epochs)), studio.add(job("without"), ended(reports(20)))
    opened(page, app, first, second, x="Epoch")
    expect(page.locator(".legendtext")).to_have_text(["with"])
    expect(page.get_by_text("Not on this axis: without reports no epochs.")).to_be_visible()
    expect(page.locator(".st-key-compare_chart .xtitle")).to_have_text("epoch")


def test_the_point_of_a_setting_and_a_result_opens_its_job(shared, page: Page) -> None:
    app, studio = shared
    ids = [
        studio.add(job(f"rate {rate}", config={"lr": rate, "seed": 1}), ended(reports(5, level=level)))
        for rate, level in ((1e-5, 3.0), (1e-4, 1.0), (1e-3, 2.0))
    ]
    ids.append(studio.add(job("unset"), ended(reports(5))))
    opened(page, app, *ids, value="Lowest", result="loss")
    scatter = page.locator(".st-key-compare_scatter")
    expect(scatter.locator(".point")).to_have_count(3)
    expect(scatter.locator(".ytitle")).to_have_text("lowest loss")
    expect(scatter.get_by_text("Best: 0.0001 (rate 0.0001), lowest loss 1.0000.")).to_be_visible()
    expect(scatter.get_by_text("Not shown: unset (no lr).")).to_be_visible()
    scatter.locator(".point").nth(1).scroll_into_view_if_needed()
    box = scatter.locator(".point").nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(scatter.locator(".hovertext")).to_contain_text("rate 0.0001")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("h1")).to_have_text(["rate 0.0001"])
    assert page.url.endswith(f"job?id={ids[1]}")


def test_a_comparison_of_one_job_says_how_to_choose_jobs(shared, page: Page) -> None:
    app, _ = shared
    page.goto(f"{app.url}/compare?job=x")
    expect(page.get_by_text("choose two jobs or more")).to_be_visible()
