"""A job's page at the moment when the job ends: no element is duplicated, lost or moved."""

from __future__ import annotations

import queue
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from .conftest import App, wait_on_page
from .held_socket import HeldSocket
from .reading import scroll_to_200
from .studio import Studio, iso, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

STAYING = (
    "job_head",
    "job_status",
    "job_tools",
    "export",
    "curve",
    "loss_chart",
    "event_log",
    "event_log_rows",
    "metadata",
    "job_tabs",
    "artifacts_brief",
)
"""Keys of the elements that both a running and an ended job have."""

WATCH_ELEMENTS = """keys => {
  window.counts = Object.fromEntries(keys.map((key) => [key, []]));
  window.nodes = Object.fromEntries(keys.map((key) => [key, document.querySelector(`.st-key-${key}`)]));
  const look = () => keys.forEach((key) => {
    const found = document.querySelectorAll(`.st-key-${key}`).length;
    if (window.counts[key].at(-1) !== found) window.counts[key].push(found);
  });
  look();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


class LiveJob:
    """A running job whose stream stays open until `end`."""

    def __init__(self, studio: Studio, steps: int) -> None:
        self._stream: queue.Queue[bytes | None] = queue.Queue()
        self._events: list[tuple[str, object]] = [
            log(step, loss=1 + 1 / step) for step in range(1, steps + 1)
        ]
        self._events.append(("checkpoint.saved", {"step": steps, "artifacts": [{"name": "weights"}]}))
        self._sent = 0
        self.entry = job("ending", "running", startedAt=iso(datetime.now(UTC)), completedAt=None)
        self.id = studio.add(self.entry, self._stream)
        self._send()

    def report(self, *events: tuple[str, object]) -> None:
        self._events += events
        self._send()

    def end(self) -> None:
        self.report(("training.completed", {}), ("end", {}))
        self._stream.put(None)

    def _send(self) -> None:
        whole = sse_body(self._events)
        self._stream.put(whole[self._sent :])
        self._sent = len(whole)


def open_page(page: Page, app: App, live: LiveJob, rows: int) -> None:
    page.goto(f"{app.url}/job?id={live.id}")
    expect(page.locator(".st-key-event_log li")).to_have_count(rows)
    expect(page.locator(".arkor-legend button")).to_have_text(["Training loss", "Checkpoint"])
    expect(page.locator(".st-key-artifacts_brief")).to_be_visible()


def test_every_element_is_on_the_page_exactly_once_while_a_job_ends(shared, page: Page) -> None:
    app, studio = shared
    live = LiveJob(studio, 100)
    open_page(page, app, live, 101)
    rows = page.locator(".st-key-event_log .arkor-rows")
    scroll_to_200(page, rows)
    page.evaluate(WATCH_ELEMENTS, list(STAYING))
    live.end()
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    expect(page.locator(".st-key-event_log li")).to_have_count(102)
    expect(page).to_have_title("✓ ending · arkor-dash")
    page.wait_for_timeout(2000)
    assert page.evaluate("window.counts") == {key: [1] for key in STAYING}
    assert rows.evaluate("e => e.scrollTop") == 200


def test_the_nodes_of_a_page_outlive_the_end_of_its_job(shared, page: Page) -> None:
    app, studio = shared
    live = LiveJob(studio, 10)
    open_page(page, app, live, 11)
    page.evaluate(WATCH_ELEMENTS, list(STAYING))
    live.end()
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    expect(page).to_have_title("✓ ending · arkor-dash")
    page.wait_for_timeout(1000)
    moved = page.evaluate("Object.keys(window.nodes).filter((key) => !window.nodes[key].isConnected)")
    assert moved == []


WATCH_CHART = """() => {
  const find = (name) => document.querySelector(name);
  const nodes = [".st-key-loss_chart .js-plotly-plot", ".st-key-event_log ol", ".st-key-metadata dl"].map(find);
  window.counts = [];
  const look = () => {
    const counts = [document.querySelectorAll(".js-plotly-plot").length, ...nodes.map((node) => node.isConnected)];
    window.counts.push(JSON.stringify(counts));
  };
  look();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
}"""


def test_the_chart_with_its_zoom_and_the_log_live_on_when_a_job_ends(shared, page: Page) -> None:
    app, studio = shared
    live = LiveJob(studio, 100)
    open_page(page, app, live, 101)
    chart = page.locator(".st-key-loss_chart .js-plotly-plot")
    page.evaluate("Plotly.relayout(document.querySelector('.js-plotly-plot'), {'xaxis.range': [20, 40]})")
    expect(page.locator(".arkor-head").first).to_contain_text("showing 21 of 21 points")
    page.evaluate(WATCH_CHART)
    live.report(*(log(step, loss=1 + 1 / step) for step in range(101, 111)))
    expect(page.locator(".st-key-event_log li").last).to_contain_text("step=110")
    live.end()
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    expect(page.locator(".st-key-event_log li").last).to_contain_text("training.completed")
    expect(page).to_have_title("✓ ending · arkor-dash")
    page.wait_for_timeout(2000)
    assert set(page.evaluate("window.counts")) == {"[1,true,true,true]"}
    assert chart.evaluate("node => node._fullLayout.xaxis.range.map(Math.round)") == [20, 40]
    assert "showing 21 of 21 points" in page.locator(".arkor-head").first.inner_text()


def test_a_click_made_as_the_job_ends_takes_effect(shared, page: Page) -> None:
    app, studio = shared
    socket = HeldSocket(page)
    live = LiveJob(studio, 2)
    open_page(page, app, live, 3)

    socket.hold()
    live.end()
    wait_on_page(
        page,
        lambda: any(b"arkor-status-completed" in message for message in socket.messages),
        what="the ended page, on its way to the browser",
    )
    page.locator(".st-key-advanced label").click()
    socket.release()
    expect(page.locator(".st-key-stats_train")).to_contain_text("1.7500 ± ")
