"""A viewer without a browser: a client that speaks the protocols of the websockets of a browser's page."""

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

from .processes import TIMEOUT_S


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
        if data["token"] is not None and data["token"] not in self._timers:
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
                    elif message != "ready":
                        self._pushed(message)

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

    def _pushed(self, message: str | bytes) -> None:
        """Take what has moved on the page: an object of data by the name of the part."""
        log = json.loads(message).get("event_log_rows")
        if log is not None:
            self._note_rows(log)

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
