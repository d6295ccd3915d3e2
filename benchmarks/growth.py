"""How the dashboard's delays grow with steps, jobs and viewers, in ms: `python -m benchmarks.growth`.

Measures for about half an hour, keeps the numbers in growth.json, and draws docs/growth.png. `--draw` only draws.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from . import machine
from .browser import chromium
from .embedded_jobs import opening as embedded_job
from .harness import Runs
from .job_lists import opening
from .job_pages import FROM_NAVIGATION, long_job
from .processes import exit_on_signals
from .viewers import viewers

KEPT = Path(__file__).with_name("growth.json")
PICTURE = machine.ROOT / "docs" / "growth.png"
RUNS = 3
READ_BEFORE, EMBEDDED, FROM_STREAM = "read before", "unread, embedded Studio", "unread, arkor dev"
JOBS_PAGE = "jobs page"
STEPS = (1_000, 10_000, 100_000, 1_000_000)
JOBS = (100, 1_000, 10_000, 50_000)
VIEWERS = (1, 10, 50, 100, 200)

Curve = dict[str, float]
"""A median for each size. The sizes are text, since keys in JSON are."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--draw", action="store_true", help="only draw the picture, from growth.json")
    exit_on_signals()
    if not options.parse_args().draw:
        KEPT.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
    draw(json.loads(KEPT.read_text(encoding="utf-8")))


def measured() -> dict[str, Curve | str]:
    """The machine, and a curve of medians of `RUNS` runs for each quantity."""
    found: dict[str, Curve | str] = {**machine.description()}
    pages: dict[str, tuple[Callable[[int], Runs], str]] = {
        READ_BEFORE: (lambda steps: long_job(steps, RUNS, warm=True), FROM_NAVIGATION),
        EMBEDDED: (lambda steps: embedded_job(steps, RUNS), "every point"),
        FROM_STREAM: (lambda steps: long_job(steps, RUNS, warm=False), FROM_NAVIGATION),
    }
    for name, (measure, figure) in pages.items():
        found[name] = {str(steps): _median(measure(steps), figure) for steps in STEPS}
        print(name, found[name], flush=True)
    found[JOBS_PAGE] = {
        str(count): _median(opening(RUNS, str(count)), "navigation to rows") for count in JOBS
    }
    print(JOBS_PAGE, found[JOBS_PAGE], flush=True)
    crowds = {str(count): viewers(RUNS, count) for count in VIEWERS}
    for name in ("p50", "p95", "server CPU"):
        found[name] = {count: _median(runs, name) for count, runs in crowds.items()}
        print(name, found[name], flush=True)
    return found


def draw(found: dict[str, Curve]) -> None:
    """Draw the curves by Plotly and save them as a picture."""
    figure = make_subplots(cols=3, subplot_titles=("Job page", "Jobs page", "Viewers of one live job"))
    panels = {
        1: ("steps", [READ_BEFORE, EMBEDDED, FROM_STREAM]),
        2: ("jobs", [JOBS_PAGE]),
        3: ("viewers", ["p50", "p95"]),
    }
    for column, (unit, names) in panels.items():
        for name in names:
            sizes = [int(size) for size in found[name]]
            line = go.Scatter(x=sizes, y=list(found[name].values()), name=name, mode="lines+markers")
            figure.add_trace(line, row=1, col=column)
        figure.update_xaxes(title=unit, type="log", dtick=1, row=1, col=column)
    figure.update_yaxes(title="ms", rangemode="tozero")
    ticks = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000]
    figure.update_yaxes(type="log", tickvals=ticks, range=[3, 4.7], row=1, col=1)
    figure.update_layout(
        template="plotly_white", width=1200, height=380, margin={"t": 40, "b": 50, "l": 60, "r": 20}
    )
    with tempfile.NamedTemporaryFile(suffix=".html") as file, chromium() as browser:
        figure.write_html(file.name, include_plotlyjs=True, config={"staticPlot": True})
        page = browser.new_page(viewport={"width": 1220, "height": 400})
        page.goto(f"file://{file.name}")
        page.locator(".main-svg").first.wait_for()
        page.screenshot(path=PICTURE, clip={"x": 0, "y": 0, "width": 1210, "height": 390})


def _median(runs: Runs, name: str) -> float:
    return round(statistics.median(runs[name]), 1)


if __name__ == "__main__":
    main()
