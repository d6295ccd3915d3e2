"""The page of a running job: delays in ms, main-thread load in % of a core, and bytes to the browser.

Run it by `python -m benchmarks latency-1 latency-10 latency-100 burst main-thread many-metrics wire`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from .browser import Costs, chromium, costs, fresh_page, line_drawn_ms
from .harness import Benchmark, Figure, Runs, percentile
from .launching import Server, Studio, scripted_studio, wait_until, watching

JOB = "job_00000"
METRICS = 50

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
def open_job(backlog: int, metrics: int = 4) -> Iterator[tuple[Studio, Server, Page]]:
    """A running job with `backlog` steps of `metrics` metrics, the dashboard, and the job's page in a browser."""
    with (
        scripted_studio("--backlog", str(backlog), "--metrics", str(metrics - 2)) as studio,
        watching(studio) as app,
        chromium() as browser,
        fresh_page(browser) as page,
    ):
        page.goto(f"{app.url}/job?id={JOB}")
        line_drawn_ms(page, backlog)
        yield studio, app, page


def latency(rate: float, seconds: float, runs: int) -> Runs:
    """Percentiles of the delay from sending an event to painting its row, over all events of a run."""
    medians, tails = [], []
    with open_job(2000) as (studio, _, page):
        page.evaluate(SHOWN)
        for _ in range(runs):
            before = set(page.evaluate("Object.keys(window.shown)"))
            studio.emit(JOB, rate, seconds)
            delays = _delays(studio, page, before)
            if len(delays) != round(rate * seconds):
                raise AssertionError(
                    f"expected {rate * seconds:g} rows, one for each event, got {len(delays)}"
                )
            medians.append(percentile(delays, 50))
            tails.append(percentile(delays, 95))
    return {"p50": medians, "p95": tails}


def _delays(studio: Studio, page: Page, before: set[str]) -> list[float]:
    """The delay in ms of each step whose row is not in `before`."""
    wait_until(lambda: not studio.state(JOB)["emitting"], "the sending")
    last = studio.state(JOB)["events"]
    page.wait_for_function(f"{last} in window.shown")
    shown: dict[str, float] = page.evaluate("window.shown")
    sent = studio.state(JOB)["sent_at"]
    return [shown[step] - sent[step] * 1000 for step in shown if step not in before and step in sent]


def main_thread(runs: int) -> Runs:
    """The load of the browser's main thread at 100 events/s, with no JavaScript of the benchmark running."""
    shares = []
    with open_job(2000) as (studio, _, page):
        found = costs(page)
        for _ in range(runs):
            studio.emit(JOB, 100, 12)
            page.wait_for_timeout(1000)
            shares.append(_watched(found, page, 10).main_thread_percent)
            wait_until(lambda: not studio.state(JOB)["emitting"], "the sending")
    return {"main thread": shares}


def many_metrics(runs: int) -> Runs:
    """A job with `METRICS` metrics at 10 events/s: CPU of the browser and of the server, and lost events."""
    measured: dict[str, list[float]] = {
        "loss chart": [],
        "small charts": [],
        "server, small charts": [],
        "updates, small charts": [],
        "events lost": [],
    }
    with open_job(2000, METRICS) as (studio, app, page):
        found = costs(page)
        for _ in range(runs):
            for shown, place in (("loss chart", ".st-key-loss_chart"), ("small charts", ".st-key-metrics")):
                page.locator(place).evaluate("element => element.scrollIntoView()")
                studio.emit(JOB, 10, 14)
                page.wait_for_timeout(1000)
                before, start = app.cpu_s(), time.monotonic()
                measured[shown].append(_watched(found, page, 10).main_thread_percent)
                server = 100 * (app.cpu_s() - before) / (time.monotonic() - start)
                wait_until(lambda: not studio.state(JOB)["emitting"], "the sending")
                last = studio.state(JOB)["events"]
                page.wait_for_function(f"window.lastStep() >= {last}")
            measured["server, small charts"].append(server)
            measured["updates, small charts"].append(found.ticks / 10)
        measured["events lost"] += [last - _points(page)] * runs
    return measured


def wire(runs: int) -> Runs:
    """The bytes of websocket messages per update, before compression, and per second without updates."""
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
    """The page's costs over the next `seconds`."""
    found.restart()
    page.wait_for_timeout(seconds * 1000)
    found.mark()
    return found


def burst(runs: int) -> Runs:
    """Send 1,000 events/s for a minute: events lost, and the slowest response to a click meanwhile."""
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
    """Milliseconds from a click on Advanced until the statistics have appeared or disappeared."""
    opened = page.locator(".st-key-stats_train").count() > 0
    page.get_by_text("Advanced", exact=True).click()
    delay: float = page.evaluate(
        """async (opened) => {
          const cards = () => document.querySelectorAll(".st-key-stats_train dd").length > 0;
          return (await window.firstTrue(() => cards() !== opened)) - window.startedAt.click;
        }""",
        opened,
    )
    return delay


def _points(page: Page) -> int:
    """The number of training losses that the statistics card counts."""
    if page.locator(".st-key-stats_train").count() == 0:
        _toggle(page)
    text = page.locator(".st-key-stats_train .arkor-note").first.text_content() or ""
    return int(text.split()[0].replace(",", ""))


def _latency_row(rate: float, seconds: float) -> Benchmark:
    return Benchmark(
        f"latency-{rate:g}",
        f"delay from sending an event to painting its row, at {rate:g} events/s",
        (Figure("p50", "ms", at_most=300), Figure("p95", "ms", at_most=700)),
        lambda runs: latency(rate, seconds, runs),
        how="the server that sends runs on the same machine; the delay includes the dashboard's reading",
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
        how="the slowest of about fifteen clicks in each run",
    ),
    Benchmark(
        "main-thread",
        "load of the browser's main thread at 100 events/s, with 2,000 points in view",
        (Figure("main thread", "% of a core", at_most=30),),
        main_thread,
        how="CPU time of the thread's tasks, so that other load on the machine does not count",
    ),
    Benchmark(
        "many-metrics",
        f"a live job with {METRICS} metrics at 10 events/s",
        (
            Figure("loss chart", "% of a core", at_most=30),
            Figure("small charts", "% of a core", at_most=30),
            Figure("server, small charts", "% of a core"),
            Figure("updates, small charts", "/s"),
            Figure("events lost", "events", at_most=0),
        ),
        many_metrics,
        how="load of the browser's main thread, by what is in view; the server's is that of all its processes",
    ),
    Benchmark(
        "wire",
        "bytes sent to the browser per update of a live job of 100,000 steps",
        (
            Figure("10 events/s", "bytes", at_most=60_000),
            Figure("100 events/s", "bytes", at_most=60_000),
            Figure("nothing new", "bytes/s", at_most=1_000),
        ),
        wire,
        how="length of the websocket messages before compression; an update is one run of the page's script",
    ),
)
