"""When the server tells a browser to ask for a drawing."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import uvicorn
import websockets
from starlette.applications import Starlette
from websockets.sync.client import ClientConnection, connect

from arkor_dash.live import push
from tests.waiting import wait_until

SOON = 0.01


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def serving(base_path: str = "") -> Iterator[str]:
    """A server with the route alone; yields its address."""
    config = uvicorn.Config(Starlette(routes=[push.route(base_path)]), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),))
    thread.start()
    try:
        wait_until(lambda: server.started, what="the server's start")
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"ws://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def address() -> Iterator[str]:
    with serving() as url:
        yield f"{url}/{push.PATH}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "PACES_S", (SOON,))


@contextmanager
def listening(address: str, watch: push.Watch) -> Iterator[ClientConnection]:
    with connect(address) as socket:
        socket.send(watch.token)
        assert socket.recv() == "heard"
        yield socket


def drawn(watch: push.Watch, seen: dict[str, int]) -> None:
    watch.drawn(lambda: seen["version"], seen["version"])


def test_a_browser_is_told_when_what_it_shows_has_changed_and_only_then(address: str):
    watch, seen = push.watch("page", SOON), {"version": 1}
    drawn(watch, seen)
    with listening(address, watch) as socket:
        with pytest.raises(TimeoutError):
            socket.recv(timeout=20 * SOON)
        for _ in range(3):
            seen["version"] += 1
            assert socket.recv() == "draw"
            drawn(watch, seen)


def test_one_that_is_told_is_given_time_to_ask_and_then_told_again(
    address: str, monkeypatch: pytest.MonkeyPatch
):
    watch, seen = push.watch("page", SOON), {"version": 1}
    drawn(watch, seen)
    with listening(address, watch) as socket:
        seen["version"] += 1
        assert socket.recv() == "draw"
        with pytest.raises(TimeoutError):
            socket.recv(timeout=20 * SOON)
        monkeypatch.setattr(push, "AGAIN_S", SOON)
        assert socket.recv() == "draw"


def test_a_drawing_is_due_when_time_alone_changes_it():
    clock = Clock()
    watch = push.Watch("page", clock=clock)
    watch.drawn(lambda: 1, 1, due_in_s=5.0)
    assert not watch.is_stale()
    clock.now += 5.0
    assert watch.is_stale()
    watch.drawn(lambda: 1, 1)
    clock.now = math.inf
    watch.drawn(lambda: 1, 0)
    assert watch.is_stale()


def test_what_changes_while_it_is_drawn_is_drawn_next(address: str):
    watch, seen = push.watch("page", SOON), {"version": 1}
    with listening(address, watch) as socket:
        saw = seen["version"]
        seen["version"] += 1
        watch.drawn(lambda: seen["version"], saw)
        assert socket.recv() == "draw"


@pytest.mark.parametrize("said", ["", "no token", b"bytes"])
def test_who_says_no_token_is_told_nothing(address: str, said: str | bytes):
    with connect(address) as socket:
        socket.send(said)
        with pytest.raises(websockets.ConnectionClosed):
            socket.recv()


def test_who_says_nothing_is_shown_out(address: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(push, "HELLO_S", SOON)
    with connect(address) as socket, pytest.raises(websockets.ConnectionClosed):
        socket.recv()


def test_a_token_is_forgotten_with_the_session_that_holds_it(address: str):
    token = push.watch("page").token
    with connect(address) as socket:
        socket.send(token)
        with pytest.raises(websockets.ConnectionClosed):
            socket.recv()


def test_nothing_is_left_of_a_browser_that_has_gone(address: str, listeners: Callable[[], int]):
    watches = [push.watch("page", SOON) for _ in range(20)]
    for watch in watches:
        drawn(watch, {"version": 1})
        with listening(address, watch):
            wait_until(lambda: listeners() == 1, what="a listener")
        wait_until(lambda: listeners() == 0, what="its end")


@pytest.fixture
def listeners() -> Callable[[], int]:
    return lambda: push._listening["page"]


@pytest.mark.parametrize(("base", "path"), [("", "/arkor/wake"), ("team/dash", "/team/dash/arkor/wake")])
def test_it_listens_below_the_path_that_the_app_is_served_under(base: str, path: str):
    watch = push.watch("page", SOON)
    with serving(base) as url, listening(url + path, watch):
        pass


def test_the_more_viewers_the_less_often_each_is_drawn_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    assert push.pace_s(1) == push.pace_s(10) == push.PACES_S[0]
    assert push.PACES_S[0] < push.pace_s(50) < 1.5
    assert push.pace_s(5_000) == push.PACES_S[-1]
