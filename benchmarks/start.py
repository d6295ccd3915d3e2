"""How long it takes to import the package, and to start the dashboard."""

from __future__ import annotations

import subprocess
import sys
import time

from .browser import chromium, fresh_page
from .harness import Benchmark, Figure, Runs
from .launching import dashboard
from .machine import ROOT

MODULES = ("arkor_dash", "arkor_dash.sdk", "arkor_dash.ui")


def importing(runs: int) -> Runs:
    return {module: [_import_s(module) for _ in range(runs)] for module in MODULES}


def _import_s(module: str) -> float:
    """Seconds that the import takes in a fresh interpreter."""
    code = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return float(done.stdout)


def cold_start(runs: int) -> Runs:
    """From the command to a painted Overview of the embedded Studio, in a browser that waits for it."""
    times = []
    with chromium() as browser:
        for _ in range(runs):
            start = time.time()
            with dashboard() as app, fresh_page(browser) as page:
                page.goto(app.url, wait_until="commit")
                shown = page.evaluate(
                    "window.seen(() => document.querySelector('.st-key-run_training button'))"
                )
                times.append(shown / 1000 - start)
    return {"command to page": times}


START = (
    Benchmark(
        "import",
        "import arkor_dash; beside it, what a trainer and what the pages import of it",
        (
            Figure("arkor_dash", "s", at_most=0.5),
            Figure("arkor_dash.sdk", "s", at_most=0.5),
            Figure("arkor_dash.ui", "s"),
        ),
        importing,
    ),
    Benchmark(
        "start",
        "cold `streamlit run` to an answered page, embedded Studio included",
        (Figure("command to page", "s", at_most=4),),
        cold_start,
    ),
)
