"""The jobs page with 10,000 jobs: delays in ms, and the server's CPU in % of a core while it is left open.

Run it by `python -m benchmarks list list-filter list-idle`.
"""

from __future__ import annotations

import asyncio
import time

from playwright.sync_api import Page

from .browser import chromium, fresh_page, navigation_ms
from .harness import Benchmark, Figure, Runs
from .launching import scripted_studio, watching
from .processes import Server
from .viewer import Viewer, everyone

JOBS = "10000"
IDLE_S = 20.0
MANY = 10

ROWS = """
window.rows = () => [...document.querySelectorAll(".arkor-table tbody tr")];
window.every = (text) => rows().length > 0 && rows().every((row) => row.textContent.includes(text));
"""


def opening(runs: int, jobs: str = JOBS) -> Runs:
    """From the navigation, with an empty browser cache, until the first 100 rows are painted."""
    times = []
    with (
        scripted_studio("--jobs", jobs, "--finished") as studio,
        watching(studio) as app,
        chromium() as browser,
    ):
        for run in range(runs + 1):
            with fresh_page(browser) as page:
                page.add_init_script(ROWS)
                page.goto(f"{app.url}/jobs", wait_until="commit")
                shown = page.evaluate("window.firstTrue(() => rows().length === 100)")
                if run:  # a warm-up: the first page of a server takes longer
                    times.append(shown - navigation_ms(page))
    return {"navigation to rows": times}


def filtering(runs: int) -> Runs:
    """From the last keystroke of a search, and from a click on a status, until the matching rows are painted."""
    searches, cleared, chips = [], [], []
    with (
        scripted_studio("--jobs", JOBS, "--finished") as studio,
        watching(studio) as app,
        chromium() as browser,
        fresh_page(browser) as page,
    ):
        page.add_init_script(ROWS)
        page.goto(f"{app.url}/jobs")
        page.evaluate("window.firstTrue(() => rows().length === 100)")
        for run in range(runs):
            needle = f"run 0{9 - run % 10}9"
            search = page.get_by_placeholder("Search by name or ID")
            search.press_sequentially(needle, delay=80)
            searches.append(_since(page, "input", f"rows().length === 100 && every({needle!r})"))
            search.fill("")
            cleared.append(_since(page, "input", f"rows().length === 100 && !every({needle!r})"))
            chips.append(_click_chip(page, "Failed", "every('Failed')"))
            _click_chip(page, "All", "!every('Failed')")
    return {"search": searches, "clearing the search": cleared, "status chip": chips}


def _click_chip(page: Page, chip: str, condition: str) -> float:
    page.locator(".st-key-jobs_status").get_by_text(chip, exact=True).click()
    return _since(page, "click", condition)


def _since(page: Page, kind: str, condition: str) -> float:
    """Milliseconds from the page's last input event of that kind until a painted frame meets the condition."""
    delay: float = page.evaluate(
        f"window.firstTrue(() => {condition}).then((at) => at - window.startedAt.{kind})"
    )
    return delay


def idle(runs: int) -> Runs:
    """The server's CPU per viewer of the open page, beyond what it uses without any viewer."""
    with scripted_studio("--jobs", JOBS, "--finished") as studio, watching(studio) as app:
        return asyncio.run(_idle(app, runs))


async def _idle(app: Server, runs: int) -> Runs:
    alone, each = [], []
    for _ in range(runs):
        nobody = await _cpu_percent(app, 0)
        alone.append(await _cpu_percent(app, 1) - nobody)
        each.append((await _cpu_percent(app, MANY) - nobody) / MANY)
    return {"one viewer": alone, f"each of {MANY} viewers": each}


async def _cpu_percent(app: Server, viewers: int) -> float:
    """The server's CPU in percent of a core, with `viewers` viewers of the page."""
    async with asyncio.TaskGroup() as group:
        watching = [Viewer(app.url, "jobs") for _ in range(viewers)]
        tasks = [group.create_task(viewer.watch()) for viewer in watching]
        await everyone(watching, lambda viewer: viewer.runs > 0, "see the list")
        await asyncio.sleep(3)
        before, start = app.cpu_s(), time.monotonic()
        await asyncio.sleep(IDLE_S)
        share = 100 * (app.cpu_s() - before) / (time.monotonic() - start)
        for task in tasks:
            task.cancel()
    return share


LISTS = (
    Benchmark(
        "list",
        "jobs page with 10,000 jobs, until the rows are painted",
        (Figure("navigation to rows", "ms", at_most=1000),),
        opening,
    ),
    Benchmark(
        "list-filter",
        "jobs page with 10,000 jobs, from the last keystroke or click to the new rows",
        (
            Figure("search", "ms", at_most=150),
            Figure("clearing the search", "ms", at_most=150),
            Figure("status chip", "ms", at_most=150),
        ),
        filtering,
        how="a search of eight keystrokes",
    ),
    Benchmark(
        "list-idle",
        "jobs page with 10,000 jobs, left open: CPU of the server per viewer",
        (
            Figure("one viewer", "% of a core", at_most=3),
            Figure(f"each of {MANY} viewers", "% of a core", at_most=3),
        ),
        idle,
        how="viewers are websocket clients that speak Streamlit's protocol, timers included; "
        "a single viewer bears the whole cost of fetching the list",
    ),
)
