"""The options of a curve, and its statistics, in the browser."""

from __future__ import annotations

import queue
import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.waiting import wait_until

from .reading import focus, wait_for_value
from .studio import NOON, iso, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def reports(count: int, *, level: float = 1.0, evals: bool = True) -> list[tuple[str, object]]:
    """A run of one step a second, with a checkpoint at step 50. The eval loss, every 20 steps, is best at step 60."""
    events: list[tuple[str, object]] = []
    for step in range(1, count + 1):
        more: dict[str, object] = {"learningRate": step / 1e4, "samplesPerSecond": 100.0, "epoch": step / 100}
        if evals and step % 20 == 0:
            more["evalLoss"] = 1 + abs(step - 60) / 100
        loss = level + (step % 2) + (1000 if step == 77 else 0)
        events.append(log(step, loss=loss, timestamp=iso(NOON + timedelta(seconds=step)), **more))
        if step == 50:
            events.append(("checkpoint.saved", {"step": 50, "artifacts": []}))
    return events


def traces(page: Page) -> dict[str, dict[str, Any]]:
    """The visible traces by name, with their points as numbers."""
    found: dict[str, dict[str, Any]] = page.evaluate(
        """() => Object.fromEntries(document.querySelector(".js-plotly-plot")._fullData
            .filter((trace) => trace.mode !== "none")
            .map((trace) => [trace.name, {x: [...trace.x], y: [...trace.y], opacity: trace.opacity}]))"""
    )
    return found


def axis(page: Page, name: str) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        """(name) => { const {type, range, title} = document.querySelector(".js-plotly-plot")._fullLayout[name];
            return {type, range, title: title.text} }""",
        name,
    )
    return found


def test_the_curves_options_are_kept_in_the_address(shared, page: Page) -> None:
    app, studio = shared
    job_id = studio.add(job("looked at", config={"maxSteps": 400}), sse_body([*reports(200), ("end", {})]))
    page.goto(f"{app.url}/job?id={job_id}")
    expect(page.locator(".arkor-legend button")).to_have_text(["Training loss", "Eval loss", "Checkpoint"])
    expect(page.get_by_text("showing 210 of 210 points")).to_be_visible()
    wait_until(
        lambda: set(traces(page)) >= {"Training loss", "Eval loss", "Best eval loss"}, what="the best loss"
    )
    wait_for_value(lambda: [traces(page)["Best eval loss"][axis] for axis in "xy"], [[60], [1]])

    page.locator(".st-key-curve button").click()
    for name in ("Log scale", "Clip outliers"):
        page.get_by_text(name, exact=True).click()
    page.get_by_text("Elapsed", exact=True).click()
    slider = page.get_by_role("slider", name="Smoothing")
    focus(slider)
    for _ in range(5):
        page.keyboard.press("PageUp")
    expect(page.locator(".arkor-legend button")).to_have_text(
        ["Training loss", "Smoothed", "Eval loss", "Checkpoint"]
    )
    wait_until(
        lambda: all(word in page.url for word in ("smooth=", "x=Elapsed", "log=", "clip=")),
        what="the address",
    )
    expect(page.get_by_text("axis clipped to the 1st–99th percentile")).to_be_visible()

    sent = page.url
    page.goto("about:blank")
    page.goto(sent)
    expect(page.locator(".arkor-legend button")).to_have_text(
        ["Training loss", "Smoothed", "Eval loss", "Checkpoint"]
    )
    wait_for_value(lambda: axis(page, "xaxis")["title"], "elapsed (min)")
    wait_for_value(lambda: axis(page, "yaxis")["type"], "log")
    wait_until(lambda: axis(page, "yaxis")["range"][1] < 2, what="an axis that is clipped")
    wait_until(lambda: traces(page)["Training loss"]["opacity"] < 0.5, what="a faint raw curve")
    assert max(traces(page)["Training loss"]["x"]) == pytest.approx(199 / 60)


def test_statistics_cover_the_chosen_scope(shared, page: Page) -> None:
    app, studio = shared
    job_id = studio.add(job("in parts"), sse_body([*reports(200), ("end", {})]))
    page.goto(f"{app.url}/job?id={job_id}&scope=Last+100&advanced=true")
    expect(page.locator(".st-key-stats_train")).to_contain_text("100 samples")
    expect(page.locator(".st-key-stats_train dt", has_text="Effective samples")).to_have_attribute(
        "title", "The number of independent losses that would estimate the mean as precisely."
    )
    page.get_by_text("In view", exact=True).click()
    expect(page.locator(".st-key-stats_train")).to_contain_text("200 samples")
    page.evaluate(
        "Plotly.relayout(document.querySelector('.st-key-loss_chart .js-plotly-plot'), {'xaxis.range': [10.5, 20.5]})"
    )
    expect(page.locator(".st-key-stats_train")).to_contain_text("10 samples")


def test_a_live_run_shows_its_progress_and_what_a_reconnection_recovered(shared, page: Page) -> None:
    app, studio = shared
    stream: queue.Queue[bytes | None] = queue.Queue()
    # The checkpoint has no time of its own, so it happens now. A run whose last event is old is called silent.
    before = [*reports(100), ("checkpoint.saved", {"step": 100})]
    stream.put(sse_body(before))
    running = job("under way", "running", completedAt=None, config={"maxSteps": 400})
    job_id = studio.add(running, stream)
    page.goto(f"{app.url}/job?id={job_id}")
    facts = page.locator(".st-key-metadata dl")
    expect(facts).to_contain_text("100 of 400 steps · 25%")
    expect(facts).to_contain_text("about 0:05:00")
    expect(facts).to_contain_text("ago")
    studio.streams[job_id] = sse_body([*before, *reports(130)[100:], ("training.completed", {}), ("end", {})])
    stream.put(None)
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    expect(page.get_by_text("Reconnected:")).to_be_visible()
    expect(facts).not_to_contain_text("Time left")


def test_a_silent_run_and_a_diverged_run_are_labelled(shared, page: Page) -> None:
    app, studio = shared
    silent: queue.Queue[bytes | None] = queue.Queue()
    silent.put(sse_body(reports(30)))  # of noon, which is long ago
    job_id = studio.add(job("silent", "running", completedAt=None), silent)
    page.goto(f"{app.url}/job?id={job_id}")
    expect(page.locator(".st-key-job_status")).to_contain_text("No news for")
    for path in ("", "jobs"):
        page.goto(f"{app.url}/{path}")
        row = page.locator("tbody tr").filter(has_text="silent")
        expect(row.locator(".arkor-chip")).to_have_text(re.compile(r"^No news for \d+ (d|h)$"))
    silent.put(None)

    events = [log(step, loss=1.0 if step <= 200 else 9.0) for step in range(1, 400)]
    job_id = studio.add(job("diverged"), sse_body([*events, ("end", {})]))
    page.goto(f"{app.url}/job?id={job_id}")
    expect(page.locator(".st-key-findings")).to_contain_text(
        "Diverged. From step 201 on, the training loss, as the median of 10 points, was over 1.5 times"
    )
    expect(page.locator(".annotation-text")).to_have_text(["Diverged"])


def test_a_watched_job_is_announced_on_another_page(shared, page: Page) -> None:
    app, studio = shared
    stream: queue.Queue[bytes | None] = queue.Queue()
    events = [log(step, loss=1.0) for step in range(1, 201)]
    stream.put(sse_body(events))
    job_id = studio.add(job("watched *one*", "running", completedAt=None), stream)
    page.goto(f"{app.url}/job?id={job_id}")
    expect(page.locator(".arkor-legend button")).to_have_text(["Training loss"])
    page.get_by_role("link", name="Jobs", exact=True).first.click()
    expect(page).to_have_title("Jobs · arkor-dash")
    diverging = [log(step, loss=9.0) for step in range(201, 401)]
    stream.put(sse_body([*events, *diverging])[len(sse_body(events)) :])
    expect(page.get_by_text("watched *one*: the loss has diverged.")).to_be_visible()
    expect(page).to_have_title("● Jobs · arkor-dash")
    page.get_by_role("link", name="Overview").click()
    expect(page).to_have_title("Overview · arkor-dash")
    ending = sse_body([*events, *diverging, ("training.failed", {"error": "NaN"}), ("end", {})])
    stream.put(ending[len(sse_body([*events, *diverging])) :])
    stream.put(None)
    expect(page.get_by_text("watched *one*: failed.")).to_be_visible()
    expect(page).to_have_title("● Overview · arkor-dash")
    studio.jobs[0]["status"] = "failed"
    page.goto(f"{app.url}/job?id={job_id}")
    expect(page).to_have_title("✗ watched *one* · arkor-dash")


def test_many_evals_leave_the_training_line_visible(visit, page: Page, studio) -> None:
    few, many = (
        studio.add(job("evaluated"), sse_body([*evaluated(count), ("end", {})])) for count in (10, 400)
    )
    markers = page.locator(".arkor-plot .scatterlayer path.point")

    def marker_px() -> float:
        return float(markers.first.evaluate("marker => marker.getBoundingClientRect().width"))

    visit(f"/job?id={few}")
    expect(page.get_by_text("showing 20 of 20 points")).to_be_visible()
    expect(markers).to_have_count(10 + 1)  # and the star
    px_of_few = marker_px()
    visit(f"/job?id={many}")
    expect(page.get_by_text("showing 800 of 800 points")).to_be_visible()
    width_px = page.locator(".arkor-plot").evaluate("plot => plot.clientWidth")
    assert 10 < markers.count() <= width_px / 12 + 2
    assert marker_px() <= px_of_few / 2


def evaluated(count: int) -> list[tuple[str, object]]:
    """A run with an eval at each step."""
    return [log(step, loss=2.0 - step / 600, evalLoss=2.1 - step / 600) for step in range(1, count + 1)]
