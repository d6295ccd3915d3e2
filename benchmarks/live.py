"""What the page of a running job costs, and how soon it shows what happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from .browser import Costs, chromium, costs, fresh_page, line_drawn_ms
from .harness import Benchmark, Figure, Runs, percentile
from .launching import Server, Studio, scripted_studio, wait_until, watching

JOB = "job_00000"

SHOWN = """
// When the row of each step was painted, in Unix milliseconds.
window.shown = {};
new MutationObserver((records) => {
  const rows = records.flatMap((record) => [...record.addedNodes]).filter((node) => node.matches?.("li"));
  if (!rows.length) return;
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    const now = performance.timeOrigin + performance.now();
    for (const row of rows) {
      const step = row.textContent.match(/step=(\\d+)/)?.[1];
      if (step) window.shown[step] ??= now;
    }
  };
  requestAnimationFrame(() => channel.port2.postMessage(0));
}).observe(document.querySelector(".st-key-event_log"), {childList: true, subtree: true});
"""


@contextmanager
def open_job(backlog: int) -> Iterator[tuple[Studio, Server, Page]]:
    """A running job of so many steps, and its page."""
    with (
        scripted_studio("--backlog", str(backlog)) as studio,
        watching(studio) as app,
        chromium() as browser,
        fresh_page(browser) as page,
    ):
        page.goto(f"{app.url}/job?id={JOB}")
        line_drawn_ms(page, backlog)
        yield studio, app, page


def latency(rate: float, seconds: float, runs: int) -> Runs:
    """From the sending of an event to the painting of its row, of every event."""
    middles, tails = [], []
    with open_job(2000) as (studio, _, page):
        page.evaluate(SHOWN)
        for _ in range(runs):
            before = set(page.evaluate("Object.keys(window.shown)"))
            studio.emit(JOB, rate, seconds)
            delays = _delays(studio, page, before)
            if len(delays) != round(rate * seconds):
                raise AssertionError(f"{len(delays)} rows were seen of {rate * seconds:g} events")
            middles.append(percentile(delays, 50))
            tails.append(percentile(delays, 95))
    return {"p50": middles, "p95": tails}


def _delays(studio: Studio, page: Page, before: set[str]) -> list[float]:
    """Milliseconds of each step that was sent since `before`."""
    wait_until(lambda: not studio.state(JOB)["emitting"], "the sending")
    last = studio.state(JOB)["events"]
    page.wait_for_function(f"{last} in window.shown")
    shown: dict[str, float] = page.evaluate("window.shown")
    sent = studio.state(JOB)["sent_at"]
    return [shown[step] - sent[step] * 1000 for step in shown if step not in before and step in sent]


def main_thread(runs: int) -> Runs:
    """The share of the browser's main thread at 100 events/s. Nothing of ours runs in the page."""
    shares = []
    with open_job(2000) as (studio, _, page):
        found = costs(page)
        for _ in range(runs):
            studio.emit(JOB, 100, 12)
            page.wait_for_timeout(1000)
            shares.append(_watched(found, page, 10).main_thread_percent)
            wait_until(lambda: not studio.state(JOB)["emitting"], "the sending")
    return {"main thread": shares}


def wire(runs: int) -> Runs:
    """Bytes of a tick, as the websocket's messages carry them, before any compression on the wire."""
    measured: dict[str, list[float]] = {"10 events/s": [], "100 events/s": [], "nothing new": []}
    with open_job(100_000) as (studio, _, page):
        found = costs(page)
        for _ in range(runs):
            for rate in (10, 100):
                studio.emit(JOB, rate, 7)
                page.wait_for_timeout(1000)
                measured[f"{rate} events/s"].append(_watched(found, page, 5).bytes_per_tick)
                wait_until(lambda: not studio.state(JOB)["emitting"], "the sending")
            page.wait_for_timeout(2000)
            measured["nothing new"].append(_watched(found, page, 5).bytes_in / 5)
    return measured


def _watched(found: Costs, page: Page, seconds: float) -> Costs:
    """What the page costs from now on, for so long."""
    found.restart()
    page.wait_for_timeout(seconds * 1000)
    found.mark()
    return found


def burst(runs: int) -> Runs:
    """1,000 events/s for a minute: what comes through, and how soon a click is answered meanwhile."""
    lost, answers = [], []
    with open_job(2000) as (studio, _, page):
        for _ in range(runs):
            studio.emit(JOB, 1000, 60)
            clicks = []
            while studio.state(JOB)["emitting"]:
                page.wait_for_timeout(3000)
                clicks.append(_toggle(page))
            last = studio.state(JOB)["events"]
            page.wait_for_function(f"window.lastStep() >= {last}")
            answers.append(max(clicks))
            lost.append(last - _points(page))
    return {"events lost": lost, "slowest click on Advanced": answers}


def _toggle(page: Page) -> float:
    """Milliseconds from a click on Advanced until the statistics are there, or gone."""
    opened = page.locator(".st-key-stats_train").count() > 0
    page.get_by_text("Advanced", exact=True).click()
    delay: float = page.evaluate(
        """async (opened) => {
          const cards = () => document.querySelectorAll(".st-key-stats_train dd").length > 0;
          return (await window.seen(() => cards() !== opened)) - window.startedAt.click;
        }""",
        opened,
    )
    return delay


def _points(page: Page) -> int:
    """How many training losses the page counts in all."""
    if page.locator(".st-key-stats_train").count() == 0:
        _toggle(page)
    text = page.locator(".st-key-stats_train .arkor-note").first.text_content() or ""
    return int(text.split()[0].replace(",", ""))


def _latency_row(rate: float, seconds: float) -> Benchmark:
    return Benchmark(
        f"latency-{rate:g}",
        f"event sent to the dashboard to its row painted, {rate:g} events/s",
        (Figure("p50", "ms", at_most=300), Figure("p95", "ms", at_most=700)),
        lambda runs: latency(rate, seconds, runs),
        how="counted from the sending by a server on the same machine, so it holds the way to the dashboard too",
    )


LIVE = (
    _latency_row(1, 30),
    _latency_row(10, 15),
    _latency_row(100, 10),
    Benchmark(
        "burst",
        "1,000 events/s for 60 s",
        (
            Figure("events lost", "events", at_most=0),
            Figure("slowest click on Advanced", "ms", at_most=500),
        ),
        burst,
        how="of each run's clicks, about fifteen, the slowest",
    ),
    Benchmark(
        "main-thread",
        "browser main thread at 100 events/s, 2,000 points on view",
        (Figure("main thread", "% of a core", at_most=30),),
        main_thread,
        how="the CPU time of the thread's tasks, so that a busy machine does not count as work",
    ),
    Benchmark(
        "wire",
        "bytes to the browser per tick of a live job of 100,000 steps",
        (
            Figure("10 events/s", "B", at_most=60_000),
            Figure("100 events/s", "B", at_most=60_000),
            Figure("nothing new", "B a second", at_most=1_000),
        ),
        wire,
        how="as the websocket's messages are long, before any compression; a tick is a run of the script, "
        "and where nothing is new there is none",
    ),
)
