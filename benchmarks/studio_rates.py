"""Speed of the embedded Studio: storing and replaying in events/s, a post of the SDK and the list of jobs in ms.

Run it by `python -m benchmarks studio-accept studio-replay studio-post studio-list`.
"""

from __future__ import annotations

import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from sqlalchemy import insert

from arkor_dash.sdk.event_data import event_data
from arkor_dash.sdk.reporting.script_client import open_job
from arkor_dash.sdk.reporting.studio_client import StudioClient
from arkor_dash.studio.storage.database import JOBS, open_engine, sqlite_url
from arkor_dash.studio.storage.store import Store

from .embedded_jobs import stored
from .harness import Benchmark, Figure, Runs
from .launching import TOKEN, embedded_studio
from .machine import ROOT
from .processes import Server, wait_until

REPORTED = 100_000
STORED = 1_000_000
LISTED = 10_000
POSTS = 50
TRAINER = """
from arkor_dash.sdk import create_arkor, create_trainer

def train(run):
    for step in range(1, {steps} + 1):
        run.log(step, loss=1 / step, learning_rate=0.0002)

arkor = create_arkor(trainer=create_trainer(name="as fast as it can", train=train))
"""


def accepting(runs: int) -> Runs:
    """Run a trainer that only reports, until all its events are stored."""
    rates = []
    with TemporaryDirectory() as folder:
        project = Path(folder, "project")
        entry = project / "src" / "arkor" / "index.py"
        entry.parent.mkdir(parents=True)
        entry.write_text(TRAINER.format(steps=REPORTED), encoding="utf-8")
        with embedded_studio(project, Path(folder, "state")) as studio:
            rates = [_accepted_per_s(studio) for _ in range(runs)]
    return {"events stored": rates}


def _accepted_per_s(studio: Server) -> float:
    with _ask(studio, "POST", "/api/train", json={}, stream=True) as answer:
        job_id = answer.headers["X-Arkor-Job"]
    wait_until(lambda: not _ask(studio, "GET", "/api/train").json()["run"]["running"], "the run")
    ended = time.time()
    job = _ask(studio, "GET", f"/api/jobs/{job_id}").json()["job"]
    with _ask(studio, "GET", f"/api/jobs/{job_id}/events", stream=True) as answer:
        stored = answer.content.count(b"\nevent: training.log\n")
    if (job["status"], stored) != ("completed", REPORTED):
        raise AssertionError(
            f"expected a completed job with {REPORTED:,} events, got {job['status']} with {stored:,}"
        )
    return REPORTED / (ended - datetime.fromisoformat(job["startedAt"]).timestamp())


def replaying(runs: int) -> Runs:
    """Read the whole event stream of an ended job."""
    with (
        stored(("job_1", STORED)) as state,
        embedded_studio(ROOT / "arkor_dash" / "sample", state) as studio,
    ):
        return {"events replayed": [_replayed_per_s(studio) for _ in range(runs)]}


def _replayed_per_s(studio: Server) -> float:
    start = time.perf_counter()
    with _ask(studio, "GET", "/api/jobs/job_1/events", stream=True) as answer:
        body = b"".join(iter(lambda: answer.raw.read1(1 << 20), b""))
    took_s = time.perf_counter() - start
    events = body.count(b"\nevent: training.log\n")
    if events != STORED - 1:
        raise AssertionError(f"expected {STORED - 1:,} reports, got {events:,}")
    return STORED / took_s


def posting(runs: int) -> Runs:
    """Post one event after the other on the kept connection of an SDK's client."""
    times = []
    sample = ROOT / "arkor_dash" / "sample"
    with TemporaryDirectory() as folder, embedded_studio(sample, Path(folder, "state")) as studio:
        destination = open_job(studio.url, TOKEN, "posts", {})
        client = StudioClient(destination.url, destination.job_id, destination.token)
        try:
            for run in range(runs):
                steps = range(run * POSTS + 1, (run + 1) * POSTS + 1)
                times.append(_posted_ms(client, destination.job_id, steps))
        finally:
            client.close()
    return {"one post": times}


def _posted_ms(client: StudioClient, job_id: str, steps: range) -> float:
    """The median time of the posts, in ms."""
    times = []
    for step in steps:
        event = {
            "seq": step,
            "event": "training.log",
            "data": event_data("training.log", job_id, {"step": step, "loss": 1 / step}),
        }
        start = time.perf_counter()
        acknowledged = client.send([json.dumps(event).encode()])
        times.append(1000 * (time.perf_counter() - start))
        if acknowledged != step:
            raise AssertionError(f"the Studio has stored {acknowledged} events of {step}")
    return statistics.median(times)


def listing(runs: int) -> Runs:
    """Request the list of all jobs, as the dashboard does."""
    with TemporaryDirectory() as folder:
        state = Path(folder, "state")
        state.mkdir(mode=0o700)
        _store_jobs(state / "studio.sqlite3")
        with embedded_studio(ROOT / "arkor_dash" / "sample", state) as studio:
            _listed_ms(studio)
            return {"response time": [_listed_ms(studio) for _ in range(runs)]}


def _listed_ms(studio: Server) -> float:
    start = time.perf_counter()
    answer = _ask(studio, "GET", "/api/jobs")
    took_s = time.perf_counter() - start
    if len(answer.json()["jobs"]) != LISTED:
        raise AssertionError(f"expected a list of {LISTED:,} jobs, got {len(answer.json()['jobs']):,}")
    return took_s * 1000


def _store_jobs(path: Path) -> None:
    with Store(sqlite_url(path)) as store:
        store.create_job("first", "first", datetime.now(UTC))  # makes the tables
    rows = [_job_row(number) for number in range(1, LISTED)]
    engine = open_engine(sqlite_url(path))
    with engine.begin() as connection:
        connection.execute(insert(JOBS), rows)
    engine.dispose()


def _job_row(number: int) -> dict[str, object]:
    at_ms = int((datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number)).timestamp() * 1000)
    config = (
        '{"model": "unsloth/gemma-4-E4B-it", "datasetSource": {"name": "arkorlab/triage-demo"}, "lr": 0.0002}'
    )
    times = {"created_at_ms": at_ms, "started_at_ms": at_ms, "completed_at_ms": at_ms + 60_000}
    fixed = {"owner": "local", "status": "completed", "config": config, "last_seq": 0, "exit_code": 0}
    return {"id": f"job_{number:05}", "name": f"run {number:05} of a benchmark", **times, **fixed}


def _ask(studio: Server, method: str, path: str, **options: Any) -> requests.Response:
    headers = {"X-Arkor-Studio-Token": TOKEN}
    answer = requests.request(method, studio.url + path, headers=headers, timeout=60, **options)
    answer.raise_for_status()
    return answer


STUDIO_RATES = (
    Benchmark(
        "studio-accept",
        f"embedded Studio storing {REPORTED:,} events of one trainer durably",
        (Figure("events stored", "events/s", at_least=5_000),),
        accepting,
        how="a Python trainer that only reports, from its start to the end of its process",
    ),
    Benchmark(
        "studio-replay",
        f"embedded Studio replaying a stream of {STORED:,} events",
        (Figure("events replayed", "events/s", at_least=50_000),),
        replaying,
        how="to a client that only counts them",
    ),
    Benchmark(
        "studio-post",
        "a post of one event by the SDK on a kept connection, stored durably",
        (Figure("one post", "ms", at_most=5),),
        posting,
        how=f"the median of {POSTS} posts in each run, one after the other",
    ),
    Benchmark(
        "studio-list",
        f"`GET /api/jobs` of the embedded Studio with {LISTED:,} jobs",
        (Figure("response time", "ms", at_most=150),),
        listing,
        how="until the last byte is received",
    ),
)
