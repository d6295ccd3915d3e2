"""Delays in ms until the page of a job shows its losses.

Run it by `python -m benchmarks job-backlog job-100k job-1m zoom`.
"""

from __future__ import annotations

from playwright.sync_api import Browser, Page

from .browser import chromium, fresh_page, line_drawn_ms, navigation_ms
from .harness import Benchmark, Figure, Runs
from .launching import NO_WATCHER, Studio, dashboard, scripted_studio, watching
from .machine import ROOT
from .processes import Server

BARE = ROOT / "benchmarks" / "bare" / "page.py"
FROM_NAVIGATION = "navigation to line"


def backlog(runs: int) -> Runs:
    """Open pages by navigation with an empty cache, beside a bare page, and by a click in the list.

    No job was read before.
    """
    cold, bare, clicked = [], [], []
    with (
        scripted_studio("--backlog", "500", "--jobs", str(2 * runs + 1)) as studio,
        watching(studio) as app,
        dashboard(NO_WATCHER, script=BARE) as bare_app,
        chromium() as browser,
    ):
        _open_cold(browser, app, "job_00000", 500)  # a warm-up: the first page of a server takes longer
        _open_bare(browser, bare_app)
        for run in range(runs):
            cold.append(_open_cold(browser, app, f"job_{2 * run + 1:05}", 500))
            bare.append(_open_bare(browser, bare_app))
            with fresh_page(browser) as page:
                clicked.append(_open_clicked(page, app, f"job_{2 * run + 2:05}", 500))
    ratios = [ours / theirs for ours, theirs in zip(cold, bare, strict=True)]
    return {
        FROM_NAVIGATION: cold,
        "bare page": bare,
        "beside the bare page": ratios,
        "click to line": clicked,
    }


def long_job(steps: int, runs: int, *, warm: bool) -> Runs:
    """The times from the navigation until the line of all steps is painted.

    Args: warm: another viewer has the page open, so that the dashboard has read the job.
    """
    with (
        scripted_studio("--backlog", str(steps), "--jobs", str(runs + 1)) as studio,
        watching(studio) as app,
        chromium() as browser,
    ):
        if not warm:
            _open_cold(browser, app, "job_00000", steps)  # a warm-up: the first page of a server takes longer
            return {
                FROM_NAVIGATION: [_open_cold(browser, app, f"job_{n + 1:05}", steps) for n in range(runs)]
            }
        with fresh_page(browser) as page:
            page.goto(f"{app.url}/job?id=job_00000")
            line_drawn_ms(page, steps)
            _only_one_stream(studio)
        return {FROM_NAVIGATION: [_open_cold(browser, app, "job_00000", steps) for _ in range(runs)]}


def zoom(runs: int) -> Runs:
    """From zooming into the chart of a million steps until every point of the range is painted."""
    times = []
    with (
        scripted_studio("--backlog", "1000000") as studio,
        watching(studio) as app,
        chromium() as browser,
        fresh_page(browser) as page,
    ):
        page.goto(f"{app.url}/job?id=job_00000")
        line_drawn_ms(page, 1_000_000)
        for run in range(runs):
            low = 100_000 * (run + 1)
            times.append(
                page.evaluate(
                    """async (range) => {
                      const plot = document.querySelector(".arkor-plot");
                      const start = performance.timeOrigin + performance.now();
                      await Plotly.relayout(plot, {"xaxis.range": range});
                      const shown = await window.firstTrue(() => {
                        const x = plot._fullData[0].x, inside = x.filter((v) => v >= range[0] && v <= range[1]);
                        return inside.length === 1001;
                      });
                      return shown - start;
                    }""",
                    [low, low + 1000],
                )
            )
    return {"zoom to detail": times}


def _open_cold(browser: Browser, app: Server, job_id: str, steps: int) -> float:
    """Milliseconds from the navigation, with an empty browser cache, until the line is painted."""
    with fresh_page(browser) as page:
        page.goto(f"{app.url}/job?id={job_id}", wait_until="commit")
        return line_drawn_ms(page, steps) - navigation_ms(page)


def _open_bare(browser: Browser, app: Server) -> float:
    """Milliseconds from the navigation, with an empty browser cache, until the bare page's line is painted."""
    with fresh_page(browser) as page:
        page.goto(app.url, wait_until="commit")
        line = "document.querySelector('.js-plotly-plot path.js-line')"
        shown: float = page.evaluate(f"window.firstTrue(() => {line}?.getAttribute('d'))")
        return shown - navigation_ms(page)


def _open_clicked(page: Page, app: Server, job_id: str, steps: int) -> float:
    """Milliseconds from the click on a row of the list until the line is painted."""
    page.goto(f"{app.url}/jobs")
    page.locator(".arkor-table tbody tr", has_text=job_id).click()
    shown = line_drawn_ms(page, steps)
    clicked: float = page.evaluate("window.startedAt.click")
    return shown - clicked


def _only_one_stream(studio: Studio) -> None:
    streams = studio.state("job_00000")["requests"]["events"]
    if streams != 1:
        raise AssertionError(
            f"expected 1 request for the stream of a job that is read already, got {streams}"
        )


JOB_PAGES = (
    Benchmark(
        "job-backlog",
        "job page with 500 events, until the loss line is painted",
        (
            Figure(FROM_NAVIGATION, "ms"),
            Figure("bare page", "ms"),
            Figure("beside the bare page", "times", at_most=1),
            Figure("click to line", "ms", at_most=400),
        ),
        backlog,
        how="the bare page is a Streamlit app with one `st.plotly_chart` of 500 points, opened in turn with ours",
    ),
    Benchmark(
        "job-100k",
        "job page with 100,000 steps from `arkor dev` that nobody has read, until the whole line is painted",
        (Figure(FROM_NAVIGATION, "ms", at_most=2000),),
        lambda runs: long_job(100_000, runs, warm=False),
    ),
    Benchmark(
        "job-1m",
        "job page with 1,000,000 steps that were read before, until the whole line is painted",
        (Figure(FROM_NAVIGATION, "ms", at_most=2500),),
        lambda runs: long_job(1_000_000, runs, warm=True),
    ),
    Benchmark(
        "zoom",
        "zooming into 1,000 of 1,000,000 steps, until each of them is painted",
        (Figure("zoom to detail", "ms", at_most=500),),
        zoom,
    ),
)
