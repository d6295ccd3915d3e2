"""Many viewers of one job, as clients that speak Streamlit's own protocol."""

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
    """One session: asks for a page, runs its timers, is woken by the server, and keeps what a browser would keep.

    `seen` maps each step to the Unix time in seconds at which its row had come.
    """

    def __init__(self, url: str, page: str, query: str = "") -> None:
        self.runs = 0
        self.bytes_in = 0
        self.seen: dict[int, float] = {}
        self._server = f"ws://{urlsplit(url).netloc}"
        self._page, self._query = page, query
        self._script = ""
        self._cached: set[str] = set()
        self._timers: dict[str, asyncio.Task[None]] = {}

    async def watch(self) -> None:
        """Watch until cancelled."""
        connecting = websockets.connect(
            f"{self._server}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=None,
            ping_interval=None,  # a browser sends none
        )
        async with connecting as socket:
            await self._ask(socket)
            try:
                async for data in socket:
                    if isinstance(data, bytes):
                        self.bytes_in += len(data)
                        self._take(socket, ForwardMsg.FromString(data))
            finally:
                for timer in self._timers.values():
                    timer.cancel()

    def _take(self, socket: ClientConnection, message: ForwardMsg) -> None:
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
                await self._ask(socket, fragment_id)

    def _listen(self, socket: ClientConnection, data: Mapping[str, str], fragment_id: str) -> None:
        if data["token"] not in self._timers:
            self._timers[data["token"]] = asyncio.create_task(
                self._wake(socket, f"{self._server}/{data['path']}", data["token"], fragment_id)
            )

    async def _wake(self, socket: ClientConnection, address: str, token: str, fragment_id: str) -> None:
        with suppress(websockets.ConnectionClosed):
            async with websockets.connect(address, ping_interval=None) as waking:
                await waking.send(token)
                async for said in waking:
                    self.bytes_in += len(said)
                    if said == "draw":
                        await self._ask(socket, fragment_id)

    async def _ask(self, socket: ClientConnection, fragment_id: str = "") -> None:
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
            self.seen.setdefault(step, now)


async def everyone(crowd: Sequence[Viewer], does: Callable[[Viewer], bool], what: str) -> None:
    """Wait for all of them. Raises: TimeoutError: some never do."""
    deadline = time.monotonic() + TIMEOUT_S
    while slow := [viewer for viewer in crowd if not does(viewer)]:
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
    with scripted_studio("--backlog", "2000") as studio, watching(studio) as app:
        return asyncio.run(_viewers(studio, app, runs, count))


async def _viewers(studio: Studio, app: Server, runs: int, count: int) -> Runs:
    measured: dict[str, list[float]] = {name.name: [] for name in FIGURES}
    crowd = [Viewer(app.url, "job", f"id={JOB}") for _ in range(count)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(viewer.watch()) for viewer in crowd]
        await everyone(crowd, lambda viewer: bool(viewer.seen), "see the job")
        for _ in range(runs):
            for name, value in (await _watched(studio, app, crowd)).items():
                measured[name].append(value)
        for task in tasks:
            task.cancel()
    return measured


async def _watched(studio: Studio, app: Server, crowd: list[Viewer]) -> dict[str, float]:
    """What the crowd costs while the job goes on for `WATCHED_S`, and how late they see it."""
    for viewer in crowd:
        viewer.seen.clear()
    studio.emit(JOB, RATE, WATCHED_S)
    before, start = app.cpu_s(), time.monotonic()
    await asyncio.sleep(WATCHED_S)
    cpu = 100 * (app.cpu_s() - before) / (time.monotonic() - start)
    memory = app.rss_mb()
    state = studio.state(JOB)
    sent = {int(step): at for step, at in state["sent_at"].items()}
    last = max(sent)
    await everyone(crowd, lambda viewer: last in viewer.seen, "see the last event")
    delays = [
        1000 * (at - sent[step]) for viewer in crowd for step, at in viewer.seen.items() if step in sent
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
    how="fifty browsers would measure themselves on two cores: viewers are websocket clients that run "
    "Streamlit's protocol as its page does, timers, wake-ups and message cache included; a row counts as seen when "
    "it has come over the socket, unpainted",
)
