"""The metrics of a job: small charts in groups, one of which can be made large."""

from __future__ import annotations

import math
import queue
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.waiting import wait_until

from .reading import focus, open_tab, wait_for_value
from .studio import NASTY, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

MANY = {f"m{number}": float(number) for number in range(5)} | {
    "rewards/format": 0.5,
    "rewards/length": 0.25,
    "completions/length": 40.0,
}


def tile(page: Page, name: str) -> Locator:
    return page.locator(f'.arkor-tile[aria-label^="{name}, last"]')


def test_a_run_with_few_metrics_shows_them_with_their_newest_values(shared, page: Page) -> None:
    app, studio = shared
    events = [log(step, loss=1 / step, accuracy=1 - 1 / step, rate=2e-6) for step in range(1, 101)]
    job_id = studio.add(job("few"), sse_body([*events, ("end", {})]))
    page.goto(f"{app.url}/job?id={job_id}&tab=metrics")
    expect(page.locator(".arkor-tile")).to_have_count(2)
    expect(page.get_by_role("button", name="accuracy, last 0.99")).to_have_text(re.compile("0.99"))
    expect(tile(page, "rate").locator(".arkor-tile-value")).to_have_text("2e-6")
    expect(tile(page, "rate").locator(".arkor-tile-bottom")).to_have_text(
        "2e-6"
    )  # the only label of its axis
    expect(tile(page, "rate").locator(".arkor-tile-top")).to_have_text("")
    expect(page.locator(".st-key-metrics_q")).to_have_count(0)
    expect(page.locator(".arkor-group")).to_have_count(0)


def test_a_metric_is_made_large_and_closed_again_by_keyboard(shared, page: Page) -> None:
    app, studio = shared
    events = [log(step, loss=1 / step, accuracy=1 - 1 / step) for step in range(1, 101)]
    job_id = studio.add(job("enlarged"), sse_body([*events, ("end", {})]))
    page.goto(f"{app.url}/job?id={job_id}&tab=metrics")
    small, chart = tile(page, "accuracy"), page.locator(".st-key-metric_chart .js-plotly-plot")
    focus(small)
    page.keyboard.press("Enter")
    expect(chart).to_be_visible()
    expect(page.locator(".st-key-metric_close button")).to_be_focused()
    expect(chart.get_by_role("button", name="Pan")).to_have_count(1)
    expect(chart.get_by_role("button", name="Download plot as a PNG")).to_have_count(0)  # "PNG" does that
    expect(small).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".st-key-metric_large")).to_contain_text("showing 100 of 100 points")
    wait_until(lambda: "metric=accuracy" in page.url, what="the address")

    page.locator(".st-key-metric_advanced label").click()
    expect(page.locator(".st-key-stats_metric")).to_contain_text("Mean value ± 95% CI")
    expect(page.locator(".st-key-stats_metric")).to_contain_text("Maximum")
    focus(small)
    page.keyboard.press("Escape")
    expect(chart).to_have_count(0)
    expect(small).to_be_focused()
    wait_until(lambda: "metric=" not in page.url, what="the address")
    # Streamlit does so with what it knew earlier.
    page.evaluate("history.pushState({}, '', `${location.href}&metric=accuracy`)")
    assert "metric=" not in page.url
    page.go_back()
    expect(chart).to_have_count(0)
    small.click()
    expect(chart).to_be_visible()
    page.locator(".st-key-metric_close button").click()
    expect(chart).to_have_count(0)


def test_the_address_restores_the_search_the_folded_groups_and_the_large_metric(shared, page: Page) -> None:
    app, studio = shared
    job_id = studio.add(
        job("many"), sse_body([*(log(step, loss=1.0, **MANY) for step in range(9)), ("end", {})])
    )
    page.goto(f"{app.url}/job?id={job_id}&tab=metrics")
    expect(page.locator(".arkor-group")).to_have_text(["General5", "rewards2", "completions1"])
    page.locator(".arkor-group", has_text="rewards").click()
    expect(tile(page, "rewards/format")).to_be_hidden()
    page.locator(".st-key-metrics_q input").fill("reward|m1")
    expect(page.locator(".arkor-group")).to_have_text(["General1", "rewards2"])
    tile(page, "m1").click()
    wait_until(
        lambda: all(part in page.url for part in ("metrics_q=reward", "metric=m1", "folded=rewards")),
        what="the address",
    )
    sent = page.url
    page.go_back()
    expect(page.locator(".st-key-metric_chart")).to_have_count(0)

    page.goto("about:blank")
    page.goto(sent)
    expect(page.locator(".st-key-metric_chart .js-plotly-plot")).to_be_visible()
    expect(page.locator(".arkor-group")).to_have_text(["General1", "rewards2"])
    expect(page.locator(".arkor-group", has_text="rewards")).to_have_attribute("aria-expanded", "false")
    expect(tile(page, "rewards/format")).to_be_hidden()


def test_the_charts_show_their_values_at_the_step_under_the_pointer(shared, page: Page) -> None:
    app, studio = shared
    events = [
        log(step, loss=1.0, up=step / 100, **({"seldom": step} if step % 40 == 0 else {}), odd=_odd(step))
        for step in range(101)
    ]
    job_id = studio.add(job("read"), sse_body([*events, ("end", {})]))
    page.goto(f"{app.url}/job?id={job_id}&tab=metrics")
    plot = tile(page, "up").locator("svg")
    plot.hover()
    values = {name: tile(page, name).locator(".arkor-tile-value") for name in ("up", "seldom", "odd")}
    expect(tile(page, "up").locator(".arkor-tile-at")).to_have_text("step 50")
    wait_for_value(lambda: [each.inner_text() for each in values.values()], ["0.5", "40", "NaN"])
    page.mouse.move(0, 0)
    wait_for_value(lambda: [each.inner_text() for each in values.values()], ["1", "80", "100"])

    tile(page, "odd").click()
    large = page.locator(".st-key-metric_chart .js-plotly-plot")
    expect(large).to_be_visible()
    large.evaluate("(node) => Plotly.relayout(node, {'xaxis.range': [40, 60]})")
    wait_until(lambda: len(lines_points(page, "up")) == 23, what="small charts that follow the zoom")
    page.locator(".st-key-metric_chart .nsewdrag").first.hover()
    wait_for_value(lambda: [each.inner_text() for each in values.values()], ["0.5", "40", "NaN"])


def lines_points(page: Page, name: str) -> list[str]:
    """The points of the line of a small chart."""
    return re.split("[ML]", str(tile(page, name).locator(".arkor-tile-line").get_attribute("d")))[1:]


def _odd(step: int) -> float | str:
    return "NaN" if step == 50 else step


def test_only_the_charts_in_view_are_drawn_and_sent_while_the_run_goes_on(shared, page: Page) -> None:
    app, studio = shared
    stream: queue.Queue[bytes | None] = queue.Queue()
    names = [f"layer_{number}" for number in range(200)]

    def report(step: int) -> tuple[str, object]:
        return log(step, loss=1.0, **{name: math.sin(step + at) for at, name in enumerate(names)})

    stream.put(sse_body([report(step) for step in range(50)]))
    job_id = studio.add(job("wide", "running", completedAt=None), stream)
    page.goto(f"{app.url}/job?id={job_id}&tab=metrics")
    expect(page.locator(".arkor-tile")).to_have_count(200)
    first, last = page.locator(".arkor-tile").first, page.locator(".arkor-tile").last
    last.scroll_into_view_if_needed()
    drawn = page.locator(".arkor-tile-line")
    expect(last.locator(".arkor-tile-line")).to_have_attribute("d", re.compile("M"))
    assert drawn.count() < 100

    before = last.locator(".arkor-tile-line").get_attribute("d")
    stream.put(sse_body([report(step) for step in range(80)]))
    wait_until(
        lambda: last.locator(".arkor-tile-line").get_attribute("d") != before, what="the newest points"
    )
    first.scroll_into_view_if_needed()
    expect(first.locator(".arkor-tile-value")).to_have_text("-0.4441")  # sin(79)
    stream.put(None)


def test_names_of_metrics_are_text(shared, page: Page) -> None:
    app, studio = shared
    names = [NASTY, "__proto__", "constructor", "a__b_", '"><img src=x onerror=alert(1)>/x']
    events = [log(step, loss=1.0, **dict.fromkeys(names, step)) for step in range(9)]
    job_id = studio.add(job("named"), sse_body([*events, ("end", {})]))
    page.goto(f"{app.url}/job?id={job_id}&tab=metrics")
    tiles = page.locator(".arkor-tile")
    expect(tiles).to_have_count(len(names))
    expect(page.locator(".arkor-tile-value")).to_have_text(["8"] * len(names))
    for number in range(len(names)):
        tiles.nth(number).click()
        name = str(tiles.nth(number).get_attribute("title"))
        # Streamlit leaves the heading of the metric before for a moment beside the new one.
        heading = page.locator(".st-key-metric_large h3").filter(has_text=name[:60])
        expect(heading).to_have_count(1)
        expect(page.locator(".st-key-metric_large h3")).to_have_count(1)
        expect(page.locator(".st-key-metric_chart .js-plotly-plot")).to_be_visible()
    assert page.locator(".st-key-metrics img, .st-key-metrics script").count() == 0


def test_an_ended_run_without_a_loss_shows_its_first_metric(shared, page: Page) -> None:
    app, studio = shared
    events = [log(step, reward=step / 10, kl=0.1) for step in range(9)]
    job_id = studio.add(job("lossless"), sse_body([*events, ("training.completed", {}), ("end", {})]))
    page.goto(f"{app.url}/job?id={job_id}")
    expect(page.locator(".st-key-loss_chart .js-plotly-plot")).to_be_visible()
    expect(page.get_by_role("heading", name="reward", exact=True)).to_be_visible()
    expect(page.get_by_text("this job reported no loss")).to_be_visible()
    open_tab(page, "Metrics")
    expect(page.locator(".arkor-tile")).to_have_count(2)


def test_the_use_of_the_machine_is_a_group_of_its_own_at_the_steps_of_the_run(shared, page: Page) -> None:
    app, studio = shared

    def at(second: int) -> dict[str, str]:
        return {"timestamp": f"2026-11-23T10:00:{second:02}Z"}

    events = [("training.started", at(0))]
    for second in range(1, 50):
        events.append(("training.log", {**at(second), "step": 10 * second, "loss": 1.0, "accuracy": 0.5}))
        if second % 10 == 5:
            measured = {"system/cpu_percent": 100 + second, "system/memory_gib": 1.5}
            events.append(("training.system", {**at(second), **measured}))
    job_id = studio.add(job("measured"), sse_body([*events, ("end", {})]))
    page.goto(f"{app.url}/job?id={job_id}&tab=metrics")
    expect(page.locator(".arkor-group")).to_have_text(["General1", "system2"])
    expect(tile(page, "system/cpu_percent").locator(".arkor-tile-value")).to_have_text("145")
    tile(page, "system/cpu_percent").click()
    expect(page.locator(".st-key-metric_large")).to_contain_text("showing 5 of 5 points")
    chart = page.locator(".st-key-metric_chart .js-plotly-plot")
    expect(chart).to_be_visible()
    drawn = "chart => chart.calcdata.map((points) => points.map(({ x }) => x)).find((x) => x.length > 1)"
    wait_for_value(lambda: chart.evaluate(drawn), [50, 150, 250, 350, 450])
