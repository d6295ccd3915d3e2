"""How long each tool takes to show a stored run and a logged step, and what it draws of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page

from benchmarks.browser import fresh_page, navigation_ms
from benchmarks.processes import wait_until

from .drawn import SEEN, has_spike
from .tools import Tool
from .writers.series import SPIKE_STEP

FIRST_STEPS = 3
FIRST_PAGE_MS = 5000
LAST_STEP_TIMEOUT_MS = 90_000


def opened(tool: Tool, browser: Browser, folder: Path, steps: int) -> dict[str, float]:
    """Open the page of a stored run once, in a new server and a new browser profile.

    Returns: `ms` from the navigation until the line is painted up to the last step, the `points` that the line has,
        and whether the `spike` is among them.
    """
    with tool.serving(folder) as server:
        wait_until(lambda: tool.is_ready(server, steps), f"loading the run in {tool.name}")
        if tool.first_path:
            with _page(tool, browser) as page:
                page.goto(server.url + tool.first_path)
                page.wait_for_timeout(FIRST_PAGE_MS)  # some pages never stop to send requests
        with _page(tool, browser) as page:
            page.goto(server.url + _path(folder), wait_until="commit")
            at: float = page.evaluate(f"window.firstTrue(() => window.lastStep() >= {steps})")
            took_ms = at - navigation_ms(page)
            spike = has_spike(page.evaluate("window.line()"), SPIKE_STEP / steps)
            return {"ms": took_ms, "points": page.evaluate("window.points()"), "spike": spike}


def visible(tool: Tool, browser: Browser, seconds: int) -> list[float]:
    """The delays in ms from each log call to the painted point, at one call a second."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with tool.serving_live(folder) as server, tool.logging(seconds, folder) as (_, output):
            wait_until(lambda: len(log_calls(output)) >= FIRST_STEPS, f"the first steps in {tool.name}")
            with _page(tool, browser) as page:
                page.goto(server.url + _path(folder))
                page.evaluate("window.firstTrue(() => window.lastStep() >= 1)")
                page.evaluate(SEEN)
                first = max(log_calls(output)) + 1
                wait_until(lambda: len(log_calls(output)) >= seconds, "the logging", seconds + 30)
                page.wait_for_function(f"{seconds} in window.seen", timeout=LAST_STEP_TIMEOUT_MS)
                seen: dict[str, float] = page.evaluate("window.seen")
            return [seen[str(step)] - at for step, at in log_calls(output).items() if step >= first]


def _path(folder: Path) -> str:
    return (folder / "page").read_text(encoding="utf-8")


def log_calls(output: Path) -> dict[int, float]:
    """The time in Unix milliseconds just before the log call of each step."""
    lines = (
        line.split() for line in output.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")
    )
    return {int(line[0]): 1000 * float(line[1]) for line in lines if len(line) == 2 and line[0].isdigit()}


@contextmanager
def _page(tool: Tool, browser: Browser) -> Iterator[Page]:
    with fresh_page(browser) as page:
        for key, value in tool.storage.items():
            page.add_init_script(f"localStorage.setItem({json.dumps(key)}, {json.dumps(value)})")
        page.add_init_script(f"{{ {tool.script} }}")
        yield page
