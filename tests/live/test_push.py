"""The server notifies a browser when its page has to be redrawn."""

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
TIMEOUT_S = 30.0


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def serving(base_path: str = "") -> Iterator[str]:
    """A server that has only this route. Yields its address."""
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
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()


@pytest.fixture
def address() -> Iterator[str]:
    with serving() as url:
        yield f"{url}/{push.PATH}"


@pytest.fixture(autouse=True)
def _redraw_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "REDRAW_INTERVALS_S", (SOON,))


@contextmanager
def connected(address: str, watch: push.PageWatch) -> Iterator[ClientConnection]:
    with connect(address) as socket:
        socket.send(watch.token)
        assert socket.recv(TIMEOUT_S) == "ready"
        yield socket


def drawn(watch: push.PageWatch, state: dict[str, int]) -> None:
    watch.drawn(lambda: state["version"], state["version"])


def test_a_browser_gets_a_redraw_message_only_when_the_state_has_changed(address: str) -> None:
    watch, state = push.watch_page("page", SOON), {"version": 1}
    drawn(watch, state)
    with connected(address, watch) as socket:
        with pytest.raises(TimeoutError):
            socket.recv(timeout=20 * SOON)
        for _ in range(3):
            state["version"] += 1
            assert socket.recv(TIMEOUT_S) == "draw"
            drawn(watch, state)


def test_the_message_is_repeated_only_after_the_browser_has_had_time_to_redraw(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, state = push.watch_page("page", SOON), {"version": 1}
    drawn(watch, state)
    with connected(address, watch) as socket:
        state["version"] += 1
        assert socket.recv(TIMEOUT_S) == "draw"
        with pytest.raises(TimeoutError):
            socket.recv(timeout=20 * SOON)
        monkeypatch.setattr(push, "REPEAT_S", SOON)
        assert socket.recv(TIMEOUT_S) == "draw"


def test_a_page_is_stale_once_time_alone_has_changed_it() -> None:
    clock = Clock()
    watch = push.PageWatch("page", clock=clock)
    watch.drawn(lambda: 1, 1, due_in_s=5.0)
    assert not watch.is_stale()
    clock.now += 5.0
    assert watch.is_stale()
    watch.drawn(lambda: 1, 1)
    clock.now = math.inf
    watch.drawn(lambda: 1, 0)
    assert watch.is_stale()


def test_a_change_while_the_page_is_drawn_is_drawn_next(address: str) -> None:
    watch, state = push.watch_page("page", SOON), {"version": 1}
    with connected(address, watch) as socket:
        before = state["version"]
        state["version"] += 1
        watch.drawn(lambda: state["version"], before)
        assert socket.recv(TIMEOUT_S) == "draw"


@pytest.mark.parametrize("message", ["", "no token", b"bytes"])
def test_a_connection_without_a_known_token_is_closed(address: str, message: str | bytes) -> None:
    with connect(address) as socket:
        socket.send(message)
        with pytest.raises(websockets.ConnectionClosed):
            socket.recv(TIMEOUT_S)


def test_a_connection_that_sends_no_token_in_time_is_closed(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "TOKEN_TIMEOUT_S", SOON)
    with connect(address) as socket, pytest.raises(websockets.ConnectionClosed):
        socket.recv(TIMEOUT_S)


def test_a_token_is_dropped_with_the_session_that_holds_it(address: str) -> None:
    token = push.watch_page("page").token
    with connect(address) as socket:
        socket.send(token)
        with pytest.raises(websockets.ConnectionClosed):
            socket.recv(TIMEOUT_S)


def test_the_connection_of_a_browser_that_has_left_is_removed(
    address: str, connections: Callable[[], int]
) -> None:
    watches = [push.watch_page("page", SOON) for _ in range(20)]
    for watch in watches:
        drawn(watch, {"version": 1})
        with connected(address, watch):
            wait_until(lambda: connections() == 1, what="the connection")
        wait_until(lambda: connections() == 0, what="its end")


@pytest.fixture
def connections() -> Callable[[], int]:
    return lambda: push._connections["page"]


@pytest.mark.parametrize(("base", "path"), [("", "/arkor/wake"), ("team/dash", "/team/dash/arkor/wake")])
def test_the_route_is_below_the_path_that_the_app_is_served_under(base: str, path: str) -> None:
    watch = push.watch_page("page", SOON)
    with serving(base) as url, connected(url + path, watch):
        pass


def test_a_page_is_redrawn_less_often_the_more_viewers_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert push.redraw_interval_s(1) == push.redraw_interval_s(10) == push.REDRAW_INTERVALS_S[0]
    assert push.REDRAW_INTERVALS_S[0] < push.redraw_interval_s(50) < 1.5
    assert push.redraw_interval_s(5_000) == push.REDRAW_INTERVALS_S[-1]
