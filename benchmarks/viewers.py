"""Many viewers of one live job, or of many: delays in ms, the server's CPU in % of a core, and its memory in MB.

The viewers are clients that speak the protocols of a browser's websockets. Run it by
`python -m benchmarks viewers live-jobs`.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from .harness import Benchmark, Figure, Runs, percentile
from .launching import Studio, scripted_studio, watching
from .processes import Server
from .viewer import Viewer, everyone

VIEWERS = 200
ARRIVALS_PER_S = 20
LIVE_JOBS = 50
RATE = 10.0
WATCHED_S = 30.0


def viewers(runs: int, count: int = VIEWERS, jobs: int = 1) -> Runs:
    """Let `count` viewers watch `jobs` live jobs, and measure for `WATCHED_S` in each run."""
    with scripted_studio("--backlog", "2000", "--jobs", str(jobs)) as studio, watching(studio) as app:
        return asyncio.run(_viewers(studio, app, runs, count, [f"job_{number:05}" for number in range(jobs)]))


async def _viewers(studio: Studio, app: Server, runs: int, count: int, jobs: Sequence[str]) -> Runs:
    measured: dict[str, list[float]] = defaultdict(list)
    crowds = {job: [Viewer(app.url, "job", f"id={job}") for _ in range(count // len(jobs))] for job in jobs}
    everybody = [viewer for crowd in crowds.values() for viewer in crowd]
    async with asyncio.TaskGroup() as group:
        tasks = []
        for viewer in everybody:
            tasks.append(group.create_task(viewer.watch()))
            await asyncio.sleep(1 / ARRIVALS_PER_S)
        await everyone(everybody, lambda viewer: bool(viewer.received_at), "see the job")
        for _ in range(runs):
            for name, value in (await _watched(studio, app, crowds)).items():
                measured[name].append(value)
        for task in tasks:
            task.cancel()
    return measured


async def _watched(studio: Studio, app: Server, crowds: Mapping[str, Sequence[Viewer]]) -> dict[str, float]:
    """One run: the delays of the viewers of each job, and the server's costs, while the jobs report."""
    for job, crowd in crowds.items():
        for viewer in crowd:
            viewer.received_at.clear()
        await asyncio.to_thread(studio.emit, job, RATE, WATCHED_S)  # the viewers go on receiving
    before, start = app.cpu_s(), time.monotonic()
    await asyncio.sleep(WATCHED_S)
    cpu = 100 * (app.cpu_s() - before) / (time.monotonic() - start)
    memory = app.rss_mb()
    delays, streams = [], 0
    for job, crowd in crowds.items():
        state = await asyncio.to_thread(studio.state, job)
        sent = {int(step): at for step, at in state["sent_at"].items()}
        last = max(sent)
        await everyone(crowd, lambda viewer, last=last: last in viewer.received_at, "see the last event")
        streams = max(streams, state["most_streams"])
        delays += [
            1000 * (at - sent[step])
            for viewer in crowd
            for step, at in viewer.received_at.items()
            if step in sent
        ]
    return {
        "p50": percentile(delays, 50),
        "p95": percentile(delays, 95),
        "streams of a job": streams,
        "server CPU": cpu,
        "server memory": memory,
    }


def _figures(cpu: float, memory: float | None) -> tuple[Figure, ...]:
    return (
        Figure("p50", "ms"),
        Figure("p95", "ms", at_most=300),
        Figure("streams of a job", "", at_most=1),
        Figure("server CPU", "% of a core", at_most=cpu),
        Figure("server memory", "MB", at_most=memory),
    )


_HOW = (
    "viewers are websocket clients that speak the protocols of a browser's page, with timers, notifications and "
    "message cache, because so many browsers would load two cores by themselves; a row counts as seen when the "
    "client receives it over any of its websockets"
)
CROWDED = (
    Benchmark(
        "viewers",
        f"{VIEWERS} viewers of one live job at {RATE:g} events/s",
        _figures(100, 400),
        viewers,
        _HOW,
    ),
    Benchmark(
        "live-jobs",
        f"{LIVE_JOBS} live jobs at {RATE:g} events/s each, with one viewer each",
        _figures(150, None),
        lambda runs: viewers(runs, LIVE_JOBS, LIVE_JOBS),
        _HOW,
    ),
)
