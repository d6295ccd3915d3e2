"""Many viewers of a dashboard that may have 1,024 files open: how many are served, and how many are told.

The viewers are clients that open as many connections as a browser does. Run it by `python -m benchmarks crowd`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import websockets

from .harness import Benchmark, Figure, Runs
from .launching import scripted_studio, watching
from .processes import TIMEOUT_S, Server
from .viewer import Viewer
from .viewers import ARRIVALS_PER_S

JOB = "job_00000"
SOFT_LIMIT = 1_024
RAISED_LIMIT = 8_192
BROWSER_CONNECTIONS = 6
"""Connections that a browser opens to load a page, and keeps until the server closes them."""
FULL = 503


class Browser(Viewer):
    """A viewer that loads the page before it opens the websockets.

    `was_told`: whether it was told that there is no room.
    """

    def __init__(self, url: str, page: str, query: str) -> None:
        super().__init__(url, page, query)
        self._netloc = urlsplit(url).netloc
        self._loading: set[asyncio.Task[None]] = set()
        self.was_told = False

    async def visit(self) -> None:
        """Keep the page open until cancelled or told that there is no room."""
        self.was_told = await self._get("/", "text/html") == FULL
        if self.was_told:
            return
        await asyncio.gather(*(self._get("/_stcore/health", "*/*") for _ in range(BROWSER_CONNECTIONS - 1)))
        try:
            await self.watch()
        except websockets.InvalidStatus as refusal:
            self.was_told = refusal.response.status_code == FULL

    async def _get(self, path: str, accept: str) -> int:
        """The status of the answer. The connection stays open."""
        host, _, port = self._netloc.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._netloc}\r\nAccept: {accept}\r\n\r\n".encode())
        status = int((await asyncio.wait_for(reader.readline(), TIMEOUT_S)).split()[1])
        loading = asyncio.create_task(_read_to_end(reader, writer))
        self._loading.add(loading)
        loading.add_done_callback(self._loading.discard)
        return status


async def _read_to_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while await reader.read(65_536):
            pass
    writer.close()


def crowd(count: int, hard_limit: int) -> Callable[[int], Runs]:
    """Measures `count` viewers who come to a dashboard with this hard limit on its open files."""

    def measure(runs: int) -> Runs:
        measured: dict[str, list[float]] = {figure.name: [] for figure in FIGURES}
        for _ in range(runs):
            limits = (SOFT_LIMIT, hard_limit)
            with scripted_studio("--backlog", "200") as studio, watching(studio, file_limits=limits) as app:
                for name, value in asyncio.run(_visited(app, count)).items():
                    measured[name].append(value)
        return measured

    return measure


async def _visited(app: Server, count: int) -> dict[str, float]:
    viewers = [Browser(app.url, "job", f"id={JOB}") for _ in range(count)]
    tasks = []
    for viewer in viewers:
        tasks.append(asyncio.create_task(viewer.visit()))
        await asyncio.sleep(1 / ARRIVALS_PER_S)
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline and any(not (each.runs or each.was_told) for each in viewers):
        await asyncio.sleep(0.1)
    figures = {
        "served": sum(each.runs > 0 for each in viewers),
        "told": sum(each.was_told for each in viewers),
        "neither": sum(not (each.runs or each.was_told) for each in viewers),
        "open files": app.open_files(),
        "log": app.log_kb(),
    }
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return figures


FIGURES = (
    Figure("served", "viewers"),
    Figure("told", "viewers"),
    Figure("neither", "viewers", at_most=0),
    Figure("open files", ""),
    Figure("log", "kB", at_most=10),
)
_HOW = (
    "viewers are clients that open six connections to load the page, as a browser does, and then speak Streamlit's "
    "protocol"
)


def _benchmark(name: str, count: int, hard_limit: int) -> Benchmark:
    what = f"{count} viewers at a limit of {SOFT_LIMIT:,} open files"
    if hard_limit > SOFT_LIMIT:
        what += f" that can be raised to {hard_limit:,}"
    return Benchmark(name, what, FIGURES, crowd(count, hard_limit), how=_HOW)


CROWDS = (
    _benchmark("crowd", 150, SOFT_LIMIT),
    _benchmark("crowd-raised", 150, RAISED_LIMIT),
    _benchmark("crowd-full", 400, SOFT_LIMIT),
)
