"""Speed of the dashboard's own parts: reading a stream in steps/s, its memory in bytes/step, computing in ms.

Run it by `python -m benchmarks feed feed-metrics compute`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from arkor_dash.charts.curve import View, curve
from arkor_dash.charts.curve_figure import curve_figure_dict
from arkor_dash.charts.loss_curve import loss_lines
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.metrics.losses import Loss, Losses
from arkor_dash.metrics.series import Series
from arkor_dash.metrics.statistics import summarize

from .harness import Benchmark, Figure, Runs
from .launching import scripted_studio
from .machine import ROOT
from .scripted_studio import losses

STEPS = 1_000_000
MANY, STEPS_OF_MANY = 30, 100_000


def reading(runs: int) -> Runs:
    """Read a stream in which every step has both losses to its end."""
    rates, sizes = _read(STEPS, 2, runs)
    return {"reading rate": rates, "memory": [size / STEPS for size in sizes]}


def reading_many(runs: int) -> Runs:
    """Read a stream in which every step has `MANY` metrics to its end."""
    rates, sizes = _read(STEPS_OF_MANY, MANY, runs)
    return {"reading rate": rates, "memory": [size / 1e6 for size in sizes]}


def _read(steps: int, metrics: int, runs: int) -> tuple[list[float], list[float]]:
    """The steps/s and the bytes of each run that reads a stream with so many metrics, two of them losses."""
    rates, sizes = [], []
    arguments = ("--backlog", str(steps), "--eval-every", "1", "--metrics", str(metrics - 2))
    with scripted_studio(*arguments) as studio:
        for _ in range(runs):
            command = [sys.executable, "-m", "benchmarks.feed_process", studio.url, "job_00000", str(steps)]
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=600)
            measured = json.loads(done.stdout)
            if measured["points"] != metrics * steps:
                raise AssertionError(f"{measured['points']:,} points of {metrics * steps:,} were kept")
            rates.append(steps / measured["seconds"])
            sizes.append(measured["bytes"])
    return rates, sizes


def computing(runs: int) -> Runs:
    """Compute the statistics and the figure of a long series."""
    steps, values = np.arange(1.0, STEPS + 1), np.array(losses(STEPS))
    evals = Series(steps[::50].copy(), values[::50].copy())
    every = Losses(Loss("loss", Series(steps, values)), (Loss("eval_loss", evals),), 1)
    return {
        "statistics": [_ms(lambda: summarize(values)) for _ in range(runs)],
        "chart": [
            _ms(lambda: wire_json(curve_figure_dict(curve(loss_lines(every), View()), LIGHT)))
            for _ in range(runs)
        ],
    }


def _ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


FEED_RATES = (
    Benchmark(
        "feed",
        f"reading a stream of {STEPS:,} steps, each with a training and an eval loss",
        (Figure("reading rate", "steps/s"), Figure("memory", "bytes/step", at_most=40)),
        reading,
        how="one feed, alone in its process; memory is the growth of the process",
    ),
    Benchmark(
        "feed-metrics",
        f"reading a stream of {STEPS_OF_MANY:,} steps, each with {MANY} metrics",
        (Figure("reading rate", "steps/s"), Figure("memory", "MB", at_most=120)),
        reading_many,
        how="one feed, alone in its process; memory is the growth of the process",
    ),
    Benchmark(
        "compute",
        f"statistics and chart of {STEPS:,} points",
        (Figure("statistics", "ms", at_most=50), Figure("chart", "ms")),
        computing,
        how="only the functions that the page calls",
    ),
)
