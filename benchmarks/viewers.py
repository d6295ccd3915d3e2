"""50 viewers of one live job: delays in ms, the server's CPU in % of a core, and its memory in MB.

The viewers are clients that speak Streamlit's websocket protocol. Run it by `python -m benchmarks viewers`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection

from .harness import Benchmark, Figure, Runs, percentile
from .launching import TIMEOUT_S, Server, Studio, scripted_studio, watching

JOB = "job_00000"
VIEWERS = 50
RATE = 10.0
WATCHED_S = 30.0


class Viewer:
    """A client that behaves as a browser with one page open: its timers, notifications and message cache.

    `runs` counts the runs of the page's script, `bytes_in` the bytes received. `received_at` maps each step to the
    time at which its row was received, in Unix seconds.
    """

    def __init__(self, url: str, page: str, query: str = "") -> None:
        self.runs = 0
        self.bytes_in = 0
        self.received_at: dict[int, float] = {}
        self._origin = websockets.Origin(url)
        self._server = f"ws://{urlsplit(url).netloc}"
        self._page, self._query = page, query
        self._script = ""
        self._cached: set[str] = set()
        self._timers: dict[str, asyncio.Task[None]] = {}

    async def watch(self) -> None:
        """Keep the page open until cancelled."""
        connecting = websockets.connect(
            f"{self._server}/_stcore/stream",
            origin=self._origin,
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=None,
            ping_interval=None,  # browsers send no pings
        )
        async with connecting as socket:
            await self._request_run(socket)
            try:
                async for data in socket:
                    if isinstance(data, bytes):
                        self.bytes_in += len(data)
                        self._handle(socket, ForwardMsg.FromString(data))
            finally:
                for timer in self._timers.values():
                    timer.cancel()

    def _handle(self, socket: ClientConnection, message: ForwardMsg) -> None:
        if message.metadata.cacheable:
            self._cached.add(message.hash)
        match message.WhichOneof("type"):
            case "new_session" if not message.metadata.run.fragment_ids:
                self._stop_timers()
            case "navigation":
                self._script = message.navigation.page_script_hash
            case "auto_rerun":
                timer = message.auto_rerun
                self._stop_timers(timer.fragment_id)
                self._timers[timer.fragment_id] = asyncio.create_task(
                    self._tick(socket, timer.fragment_id, timer.interval)
                )
            case "script_finished":
                self.runs += 1
            case "delta":
                component = message.delta.new_element.bidi_component
                if component.component_name == "arkor_rows":
                    self._note_rows(_data(component))
                elif component.component_name == "arkor_wake":
                    self._listen(socket, _data(component), message.delta.fragment_id)

    def _stop_timers(self, *names: str) -> None:
        for name in names or list(self._timers):
            timer = self._timers.pop(name, None)
            if timer is not None:
                timer.cancel()

    async def _tick(self, socket: ClientConnection, fragment_id: str, interval_s: float) -> None:
        with suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(interval_s)
                await self._request_run(socket, fragment_id)

    def _listen(self, socket: ClientConnection, data: Mapping[str, str], fragment_id: str) -> None:
        if data["token"] not in self._timers:
            self._timers[data["token"]] = asyncio.create_task(
                self._notifications(socket, f"{self._server}/{data['path']}", data["token"], fragment_id)
            )

    async def _notifications(
        self, socket: ClientConnection, address: str, token: str, fragment_id: str
    ) -> None:
        with suppress(websockets.ConnectionClosed):
            async with websockets.connect(address, origin=self._origin, ping_interval=None) as notifications:
                await notifications.send(token)
                async for message in notifications:
                    self.bytes_in += len(message)
                    if message == "draw":
                        await self._request_run(socket, fragment_id)

    async def _request_run(self, socket: ClientConnection, fragment_id: str = "") -> None:
        message = BackMsg()
        client = message.rerun_script
        client.query_string = self._query
        client.page_script_hash = self._script
        if not self._script:
            client.page_name = self._page
        client.fragment_id = fragment_id
        client.is_auto_rerun = bool(fragment_id)
        client.cached_message_hashes.extend(self._cached)
        client.context_info.timezone = "UTC"
        await socket.send(message.SerializeToString())

    def _note_rows(self, data: Mapping[str, object]) -> None:
        now = time.time()
        for step in _steps(data):
            self.received_at.setdefault(step, now)


async def everyone(crowd: Sequence[Viewer], condition: Callable[[Viewer], bool], what: str) -> None:
    """Wait until the condition holds for every viewer. Raises: TimeoutError: it does not for some."""
    deadline = time.monotonic() + TIMEOUT_S
    while slow := [viewer for viewer in crowd if not condition(viewer)]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(slow)} of {len(crowd)} viewers did not {what} within {TIMEOUT_S:g} s")
        await asyncio.sleep(0.05)


def _data(component: BidiComponent) -> Any:
    return json.loads(component.json or component.mixed.json)


def _steps(data: Mapping[str, object]) -> Iterator[int]:
    rows = data["rows"]
    for row in rows if isinstance(rows, list) else []:
        yield int(row[2].partition(" ")[0].removeprefix("step="))


def viewers(runs: int, count: int = VIEWERS) -> Runs:
    """Let `count` viewers watch a live job, and measure for `WATCHED_S` in each run."""
    with scripted_studio("--backlog", "2000") as studio, watching(studio) as app:
        return asyncio.run(_viewers(studio, app, runs, count))


async def _viewers(studio: Studio, app: Server, runs: int, count: int) -> Runs:
    measured: dict[str, list[float]] = {name.name: [] for name in FIGURES}
    crowd = [Viewer(app.url, "job", f"id={JOB}") for _ in range(count)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(viewer.watch()) for viewer in crowd]
        await everyone(crowd, lambda viewer: bool(viewer.received_at), "see the job")
        for _ in range(runs):
            for name, value in (await _watched(studio, app, crowd)).items():
                measured[name].append(value)
        for task in tasks:
            task.cancel()
    return measured


async def _watched(studio: Studio, app: Server, crowd: list[Viewer]) -> dict[str, float]:
    """One run: the delays of all viewers, and the server's costs, while the job reports for `WATCHED_S`."""
    for viewer in crowd:
        viewer.received_at.clear()
    studio.emit(JOB, RATE, WATCHED_S)
    before, start = app.cpu_s(), time.monotonic()
    await asyncio.sleep(WATCHED_S)
    cpu = 100 * (app.cpu_s() - before) / (time.monotonic() - start)
    memory = app.rss_mb()
    state = studio.state(JOB)
    sent = {int(step): at for step, at in state["sent_at"].items()}
    last = max(sent)
    await everyone(crowd, lambda viewer: last in viewer.received_at, "see the last event")
    delays = [
        1000 * (at - sent[step])
        for viewer in crowd
        for step, at in viewer.received_at.items()
        if step in sent
    ]
    return {
        "p50": percentile(delays, 50),
        "p95": percentile(delays, 95),
        "upstream connections": state["most_streams"],
        "server CPU": cpu,
        "server memory": memory,
    }


FIGURES = (
    Figure("p50", "ms"),
    Figure("p95", "ms", at_most=1500),
    Figure("upstream connections", "", at_most=1),
    Figure("server CPU", "% of a core", at_most=150),
    Figure("server memory", "MB", at_most=600),
)

VIEWERS_50 = Benchmark(
    "viewers",
    f"{VIEWERS} viewers of one live job at {RATE:g} events/s",
    FIGURES,
    viewers,
    how="viewers are websocket clients that speak Streamlit's protocol, with timers, notifications and message "
    "cache, because fifty browsers would load two cores by themselves; a row counts as seen when the client "
    "receives it",
)
