"""Jobs that the embedded Studio has stored and nobody has read: opening in ms, memory in MB, and the database's size.

Run it by `python -m benchmarks embedded-100k embedded-1m memory studio-file`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page

from arkor_dash.protocol.fields import iso_ms
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.records import NewEvent
from arkor_dash.studio.storage.store import Store

from .browser import chromium, fresh_page, line_drawn_ms, navigation_ms
from .harness import Benchmark, Figure, Runs
from .launching import embedding
from .peers.writers.series import loss
from .processes import Server

BATCH = 20_000
BETWEEN_STEPS = timedelta(milliseconds=137)
MILLION = 1_000_000
LEFT_S = 60.0
OTHER = "other"
"""A job of one step, which is opened first: the first page of a server takes longer."""


@contextmanager
def stored(*lengths: tuple[str, int]) -> Iterator[Path]:
    """A state folder with an ended job of that name and number of events for each of `lengths`."""
    with TemporaryDirectory() as folder:
        state = Path(folder, "state")
        state.mkdir(mode=0o700)
        start = datetime.now(UTC) - timedelta(days=2)
        with Store(sqlite_url(state / "studio.sqlite3")) as store:
            for job_id, events in lengths:
                store.create_job(job_id, job_id, start)
                for first in range(1, events, BATCH):
                    batch = range(first, min(first + BATCH, events))
                    store.append(job_id, [_report(job_id, seq, start) for seq in batch])
                    _compact(store, job_id)
                store.append(job_id, [_end(events, start)])
                _compact(store, job_id)
        yield state


def _end(seq: int, start: datetime) -> NewEvent:
    return NewEvent(seq, "training.completed", '{"artifacts":[]}', start + seq * BETWEEN_STEPS)


def _compact(store: Store, job_id: str) -> None:
    """Do what the Studio does in the background while a job runs. Earlier commits have nothing to do."""
    archive = getattr(store, "archive", None)
    while archive is not None and archive.compact(job_id):
        pass


def _report(job_id: str, step: int, start: datetime) -> NewEvent:
    """The event of `run.log(step, loss=…, learning_rate=…)`, as the embedded Studio stores it."""
    at = start + step * BETWEEN_STEPS
    data = (
        f'{{"type":"training.log","jobId":"{job_id}","timestamp":"{iso_ms(at)}",'
        f'"step":{step},"loss":{loss(step)!r},"evalLoss":null,"learningRate":0.0002,"epoch":null}}'
    )
    values = {"step": float(step), "loss": loss(step), "learningRate": 0.0002}
    return NewEvent(step, "training.log", data, at, values=values)


def opening(steps: int, runs: int) -> Runs:
    """From the navigation until the outline, and until every point, of a job that nobody has read."""
    measured: dict[str, list[float]] = {"outline": [], "every point": []}
    with stored(("long", steps + 1), (OTHER, 2)) as state, chromium() as browser:
        for _ in range(runs):
            with embedding(state) as app, _opened(browser, app) as page:
                start = navigation_ms(page)
                measured["outline"].append(line_drawn_ms(page, steps) - start)
                measured["every point"].append(_complete_ms(page, steps) - start)
    return measured


@contextmanager
def _opened(browser: Browser, app: Server) -> Iterator[Page]:
    """The page of the long job, from its navigation on, in a dashboard that has shown another job."""
    with fresh_page(browser) as page:
        page.goto(f"{app.url}/job?id={OTHER}")
        page.locator(".st-key-event_log li").first.wait_for()
    with fresh_page(browser) as page:
        page.goto(f"{app.url}/job?id=long", wait_until="commit")
        yield page


def _complete_ms(page: Page, steps: int) -> float:
    """When the note below the chart has said for the first time that every point was read."""
    at: float = page.evaluate(
        """(count) => window.firstTrue(() =>
          [...document.querySelectorAll(".arkor-note")].some((note) => note.textContent.includes(count)))""",
        f" of {steps:,} points",
    )
    return at


def memory(runs: int) -> Runs:
    """The dashboard's memory with the page of a job of a million steps open, and a minute after it was left."""
    measured: dict[str, list[float]] = {"opened": [], "a minute later": []}
    with stored(("long", MILLION + 1), (OTHER, 2)) as state, chromium() as browser:
        for _ in range(runs):
            with embedding(state) as app:
                with _opened(browser, app) as page:
                    _complete_ms(page, MILLION)
                    measured["opened"].append(app.rss_mb())
                time.sleep(LEFT_S)
                measured["a minute later"].append(app.rss_mb())
    return measured


def file_size(runs: int) -> Runs:
    """The size of everything that the Studio keeps of a job of a million events."""
    sizes = []
    for _ in range(runs):
        with stored(("long", MILLION)) as state:
            sizes.append(sum(file.stat().st_size for file in state.rglob("*") if file.is_file()) / 1e6)
    return {"state folder": sizes}


def _opening_row(name: str, steps: int, outline_ms: float, every_point_ms: float) -> Benchmark:
    return Benchmark(
        name,
        f"job page with {steps:,} steps in the embedded Studio that nobody has read, until the line is painted",
        (
            Figure("outline", "ms", at_most=outline_ms),
            Figure("every point", "ms", at_most=every_point_ms),
        ),
        lambda runs: opening(steps, runs),
        how="a new dashboard for each run. The outline is there when the line reaches the last step, and every point "
        "when the note below the chart counts it",
    )


EMBEDDED_JOBS = (
    _opening_row("embedded-100k", 100_000, 1400, 2000),
    _opening_row("embedded-1m", MILLION, 1700, 4000),
    Benchmark(
        "memory",
        "memory of the dashboard after a job of 1,000,000 steps was opened, and a minute after it was left",
        (Figure("opened", "MB", at_most=350), Figure("a minute later", "MB", at_most=250)),
        memory,
        how="resident memory of the dashboard's process, without that of its Studio",
    ),
    Benchmark(
        "studio-file",
        f"files of the embedded Studio with {MILLION:,} events",
        (Figure("state folder", "MB", at_most=90),),
        file_size,
    ),
)
