"""The page of a running job: delays in ms, main-thread load in % of a core, and bytes/s to the browser.

Run it by `python -m benchmarks latency-1 latency-10 latency-100 burst main-thread many-metrics wire`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from .browser import NOTE_PAINTED, Costs, chromium, costs, fresh_page, line_drawn_ms
from .harness import Benchmark, Figure, Runs, percentile
from .launching import Studio, scripted_studio, watching
from .processes import Server, wait_until

JOB = "job_00000"
METRICS = 50


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
    """The delays from sending an event to painting its row, and its point on the curve, over all events of a run."""
    measured: dict[str, list[float]] = {"row p50": [], "row p95": [], "curve p50": []}
    with open_job(2000) as (studio, _, page):
        page.evaluate(NOTE_PAINTED)
        for _ in range(runs):
            first = studio.state(JOB)["events"] + 1
            studio.emit(JOB, rate, seconds)
            rows, points = _delays(studio, page, first)
            if len(rows) != round(rate * seconds):
                raise AssertionError(f"expected {rate * seconds:g} rows, one for each event, got {len(rows)}")
            measured["row p50"].append(percentile(rows, 50))
            measured["row p95"].append(percentile(rows, 95))
            measured["curve p50"].append(percentile(points, 50))
    return measured


def _delays(studio: Studio, page: Page, first: int) -> tuple[list[float], list[float]]:
    """The delays in ms of the rows and of the points, from that step on."""
    wait_until(lambda: not studio.state(JOB)["emitting"], "the sending")
    state = studio.state(JOB)
    last = state["events"]
    page.wait_for_function(f"{last} in window.painted.rows && {last} in window.painted.points")
    shown: dict[str, dict[str, float]] = page.evaluate("window.painted")
    sent = {step: at * 1000 for step, at in state["sent_at"].items() if int(step) >= first}
    rows, points = (
        [shown[kind][step] - at for step, at in sent.items() if step in shown[kind]]
        for kind in ("rows", "points")
    )
    return rows, points


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
        "events lost": [],
    }
    with open_job(2000, METRICS) as (studio, app, page):
        found = costs(page)
        for _ in range(runs):
            for shown, tab in (("loss chart", "Overview"), ("small charts", "Metrics")):
                page.get_by_role("tab", name=tab).click()
                studio.emit(JOB, 10, 14)
                page.wait_for_timeout(1000)
                before, start = app.cpu_s(), time.monotonic()
                measured[shown].append(_watched(found, page, 10).main_thread_percent)
                server = 100 * (app.cpu_s() - before) / (time.monotonic() - start)
                wait_until(lambda: not studio.state(JOB)["emitting"], "the sending")
            page.get_by_role("tab", name="Overview").click()
            last = studio.state(JOB)["events"]
            page.wait_for_function(f"window.lastStep() >= {last}")
            measured["server, small charts"].append(server)
        measured["events lost"] += [last - _points(page)] * runs
    return measured


def wire(runs: int) -> Runs:
    """The bytes that the page receives in a second, before compression, with updates and without."""
    measured: dict[str, list[float]] = {"10 events/s": [], "100 events/s": [], "nothing new": []}
    with open_job(100_000) as (studio, _, page):
        found = costs(page)
        page.wait_for_timeout(5000)  # what a page still loads after it was opened
        for _ in range(runs):
            for rate in (10, 100):
                studio.emit(JOB, rate, 12)
                page.wait_for_timeout(1000)
                measured[f"{rate} events/s"].append(_watched(found, page, 10).bytes_per_s)
                wait_until(lambda: not studio.state(JOB)["emitting"], "the sending")
            page.wait_for_timeout(2000)
            measured["nothing new"].append(_watched(found, page, 10).bytes_per_s)
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


def _latency_row(rate: float, seconds: float, curve_ms: float) -> Benchmark:
    return Benchmark(
        f"latency-{rate:g}",
        f"delay from sending an event to painting its row and its point, at {rate:g} events/s",
        (
            Figure("row p50", "ms", at_most=50),
            Figure("row p95", "ms", at_most=120),
            Figure("curve p50", "ms", at_most=curve_ms),
        ),
        lambda runs: latency(rate, seconds, runs),
        how="the server that sends runs on the same machine; the delay includes the dashboard's reading",
    )


LIVE = (
    _latency_row(1, 30, curve_ms=50),
    _latency_row(10, 15, curve_ms=60),
    _latency_row(100, 10, curve_ms=150),
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
        (Figure("main thread", "% of a core", at_most=20),),
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
            Figure("events lost", "events", at_most=0),
        ),
        many_metrics,
        how="load of the browser's main thread, by what is in view; the server's is that of all its processes",
    ),
    Benchmark(
        "wire",
        "bytes sent to the browser in a second, of a live job of 100,000 steps",
        (
            Figure("10 events/s", "bytes/s", at_most=12_000),
            Figure("100 events/s", "bytes/s"),
            Figure("nothing new", "bytes/s", at_most=1_000),
        ),
        wire,
        how="messages of all websockets and answers to all requests, before compression",
    ),
)
