"""The server notifies a browser when its page has to be redrawn."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import websockets
from starlette.applications import Starlette
from websockets import Origin
from websockets.client import ClientProtocol
from websockets.sync.client import ClientConnection, connect
from websockets.uri import parse_uri

from arkor_dash.live import push
from arkor_dash.live.server import sockets, wake
from tests.servers.asgi import serving
from tests.waiting import wait_until

SOON = 0.01
TIMEOUT_S = 30.0


@contextmanager
def serving_wake(base_path: str = "", *origins: str) -> Iterator[str]:
    """A server that has only this route. Yields its address."""
    with serving(Starlette(routes=[wake.route(base_path, origins)])) as address:
        yield f"ws://{address}"


@pytest.fixture
def address() -> Iterator[str]:
    with serving_wake() as url:
        yield f"{url}/{push.PATH}"


@pytest.fixture(autouse=True)
def _redraw_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "REDRAW_INTERVALS_S", (SOON,))


def open_socket(address: str, **options: Any) -> ClientConnection:
    """A connection as a page of the dashboard opens it."""
    return connect(address, origin=f"http://{urlsplit(address).netloc}", **options)


@contextmanager
def connected(address: str, watch: push.PageWatch) -> Iterator[ClientConnection]:
    with open_socket(address) as socket:
        socket.send(watch.token)
        assert socket.recv(TIMEOUT_S) == "ready"
        yield socket


def refusal(address: str, **options: Any) -> tuple[int, str]:
    """The answer to a connection that is refused."""
    with pytest.raises(websockets.InvalidStatus) as refused, connect(address, **options):
        pass
    response = refused.value.response
    return response.status_code, (response.body or b"").decode()


def close_code(socket: ClientConnection) -> int | None:
    """The code with which the server closes the connection."""
    with pytest.raises(websockets.ConnectionClosed):
        socket.recv(TIMEOUT_S)
    return socket.close_code


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
        monkeypatch.setattr(wake, "REPEAT_S", SOON)
        assert socket.recv(TIMEOUT_S) == "draw"


def test_a_change_while_the_page_is_drawn_is_drawn_next(address: str) -> None:
    watch, state = push.watch_page("page", SOON), {"version": 1}
    with connected(address, watch) as socket:
        before = state["version"]
        state["version"] += 1
        watch.drawn(lambda: state["version"], before)
        assert socket.recv(TIMEOUT_S) == "draw"


@pytest.mark.parametrize("message", ["", "no token", b"bytes"])
def test_a_connection_without_a_known_token_is_closed(address: str, message: str | bytes) -> None:
    with open_socket(address) as socket:
        socket.send(message)
        with pytest.raises(websockets.ConnectionClosed):
            socket.recv(TIMEOUT_S)


def test_a_connection_that_sends_no_token_in_time_is_closed(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "TOKEN_TIMEOUT_S", SOON)
    with open_socket(address) as socket, pytest.raises(websockets.ConnectionClosed):
        socket.recv(TIMEOUT_S)


def test_a_token_is_dropped_with_the_session_that_holds_it(address: str) -> None:
    token = push.watch_page("page").token
    with open_socket(address) as socket:
        socket.send(token)
        with pytest.raises(websockets.ConnectionClosed):
            socket.recv(TIMEOUT_S)


def test_the_connections_of_browsers_that_have_left_are_not_counted(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "MOST_SOCKETS", 1)
    watch = push.watch_page("page", SOON)
    drawn(watch, {"version": 1})

    def is_served() -> bool:
        try:
            with connected(address, watch):
                return True
        except websockets.InvalidStatus:
            return False

    for _ in range(20):
        wait_until(is_served, what="a place for the connection")


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "http://localhost"]
)
def test_a_page_of_another_origin_is_refused_before_it_can_name_a_token(
    address: str, origin: str | None
) -> None:
    status, text = refusal(address, origin=origin)
    assert (status, "Only pages of this dashboard" in text) == (403, True)


def test_a_listed_origin_may_connect() -> None:
    watch = push.watch_page("page", SOON)
    with (
        serving_wake("", "https://dash.example.org") as url,
        connect(f"{url}/{push.PATH}", origin="https://dash.example.org") as socket,
    ):
        socket.send(watch.token)
        assert socket.recv(TIMEOUT_S) == "ready"


class Messages(logging.Handler):
    """Collects what the server logs."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def break_off_after_a_message(address: str, watch: push.PageWatch) -> None:
    """Connect, and reset the connection once a message has come."""
    netloc = urlsplit(address).netloc
    protocol = ClientProtocol(parse_uri(address), origin=Origin(f"http://{netloc}"))
    host, _, port = netloc.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as browser:
        protocol.send_request(protocol.connect())
        browser.sendall(b"".join(protocol.data_to_send()))
        protocol.receive_data(browser.recv(65_536))
        protocol.send_text(watch.token.encode())
        browser.sendall(b"".join(protocol.data_to_send()))
        received = b""
        while b"draw" not in received:
            received += browser.recv(65_536)
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_browser_that_breaks_off_while_it_is_sent_messages_is_no_error(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "REPEAT_S", 0.0)
    messages = Messages()
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(messages)
    try:
        watch = push.watch_page("page", every_s=0.0)
        for _ in range(30):
            watch.drawn(lambda: 1, 0)
            break_off_after_a_message(address, watch)
        with connected(address, watch):
            pass
    finally:
        logger.removeHandler(messages)
    assert messages.texts == []


def test_a_client_that_sends_more_than_its_token_is_closed(address: str) -> None:
    watch = push.watch_page("page", SOON)
    with connected(address, watch) as socket:
        socket.send("more")
        assert close_code(socket) == wake.POLICY_VIOLATION


def test_a_long_message_is_no_token(address: str) -> None:
    with open_socket(address) as socket:
        socket.send("x" * 1_000_000)
        assert close_code(socket) == wake.POLICY_VIOLATION


def test_the_oldest_connection_of_a_page_makes_room_for_a_new_one(address: str) -> None:
    watch, state = push.watch_page("page", SOON), {"version": 1}
    drawn(watch, state)
    with ExitStack() as held:
        first, *others = [
            held.enter_context(connected(address, watch)) for _ in range(sockets.MOST_OF_PAGE + 1)
        ]
        assert close_code(first) == wake.POLICY_VIOLATION
        state["version"] += 1
        assert [each.recv(TIMEOUT_S) for each in others] == ["draw"] * sockets.MOST_OF_PAGE


@pytest.mark.parametrize("limit", ["MOST_SOCKETS", "MOST_WAITING", "MOST_WAITING_OF_PEER"])
def test_connections_beyond_a_limit_are_refused_until_others_end(
    address: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, limit, 3)
    monkeypatch.setattr(wake, "TOKEN_TIMEOUT_S", 5 * TIMEOUT_S)
    watch = push.watch_page("page", SOON)
    with ExitStack() as held:
        waiting = [held.enter_context(open_socket(address)) for _ in range(3)]
        status, text = refusal(address, origin=f"http://{urlsplit(address).netloc}")
        assert (status, "Too many connections" in text) == (503, True)
        waiting[0].send("no token")
        assert close_code(waiting[0]) == wake.POLICY_VIOLATION
        with connected(address, watch):
            pass


@pytest.mark.parametrize(("base", "path"), [("", "/arkor/wake"), ("team/dash", "/team/dash/arkor/wake")])
def test_the_route_is_below_the_path_that_the_app_is_served_under(base: str, path: str) -> None:
    watch = push.watch_page("page", SOON)
    with serving_wake(base) as url, connected(url + path, watch):
        pass
