"""The time in seconds to import the package, and to start the dashboard.

Run it by `python -m benchmarks import start`.
"""

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
    """Import each module in a fresh interpreter."""
    return {module: [_import_s(module) for _ in range(runs)] for module in MODULES}


def _import_s(module: str) -> float:
    """The import's duration, without that of the interpreter's start."""
    code = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return float(done.stdout)


def cold_start(runs: int) -> Runs:
    """From the command until a waiting browser has painted the Overview page with the embedded Studio."""
    times = []
    with chromium() as browser:
        for _ in range(runs):
            start = time.time()
            with dashboard() as app, fresh_page(browser) as page:
                page.goto(app.url, wait_until="commit")
                shown = page.evaluate(
                    "window.firstTrue(() => document.querySelector('.st-key-run_training button'))"
                )
                times.append(shown / 1000 - start)
    return {"command to page": times}


START = (
    Benchmark(
        "import",
        "import time of the package, of the SDK, and of the pages",
        (
            Figure("arkor_dash", "s", at_most=0.5),
            Figure("arkor_dash.sdk", "s", at_most=0.5),
            Figure("arkor_dash.ui", "s"),
        ),
        importing,
    ),
    Benchmark(
        "start",
        "`streamlit run` until the Overview page is painted, with the embedded Studio",
        (Figure("command to page", "s", at_most=4),),
        cold_start,
    ),
)
