"""The server notifies a browser when its page has to be redrawn."""

from __future__ import annotations

import json
import logging
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
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
from arkor_dash.live.notifier import changes
from arkor_dash.live.parts import DrawnPart, Part, value_part
from arkor_dash.live.server import rounds, sockets, wake
from tests.servers.asgi import serving
from tests.waiting import wait_until

SOON = 0.01
TIMEOUT_S = 30.0
TOO_BIG = 1009
"""Source: RFC 6455, section 7.4.1."""


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
    monkeypatch.setattr(rounds, "TICK_S", SOON)


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
    watch.drawn(lambda _: state["version"], state["version"])


def test_a_browser_gets_a_redraw_message_only_when_the_state_has_changed(address: str) -> None:
    watch, state = push.PageWatch("page"), {"version": 1}
    drawn(watch, state)
    with connected(address, watch) as socket:
        with pytest.raises(TimeoutError):
            socket.recv(timeout=20 * SOON)
        for _ in range(3):
            state["version"] += 1
            assert socket.recv(TIMEOUT_S) == "draw"
            drawn(watch, state)


def test_a_browser_gets_what_is_new_on_its_page_without_a_redraw(address: str) -> None:
    watch, state = push.PageWatch("page"), {"loss": 1.0}
    part = value_part("view", lambda: state["loss"], lambda loss: {"loss": loss})
    watch.drawn(lambda _: 1, 1, parts={"chart": DrawnPart(part, 1.0)})
    with connected(address, watch) as socket:
        for loss in (0.5, 0.25):
            state["loss"] = loss
            changes.notify()
            assert json.loads(socket.recv(TIMEOUT_S))["chart"]["loss"] == loss


def test_a_change_is_sent_without_waiting_for_the_next_tick(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "TICK_S", 10 * TIMEOUT_S)
    watch, state = push.PageWatch("page"), {"version": 1}
    drawn(watch, state)
    with connected(address, watch) as socket:
        for _ in range(3):
            state["version"] += 1
            changes.notify()
            assert socket.recv(TIMEOUT_S) == "draw"
            drawn(watch, state)
            changes.notify()


def test_a_page_whose_data_can_t_be_computed_is_closed_and_the_others_go_on(address: str) -> None:
    broken, watch, state = push.PageWatch("page"), push.PageWatch("page"), {"version": 1}
    broken.drawn(lambda _: 1 / 0, 0)
    drawn(watch, state)
    with connected(address, watch) as socket, connected(address, broken) as closed:
        assert close_code(closed) == wake.POLICY_VIOLATION
        state["version"] += 1
        assert socket.recv(TIMEOUT_S) == "draw"


def test_a_connection_ends_with_its_page(address: str) -> None:
    watch = push.PageWatch("page")
    with open_socket(address) as socket:
        socket.send(watch.token)
        assert socket.recv(TIMEOUT_S) == "ready"
        del watch
        assert close_code(socket) == wake.POLICY_VIOLATION


def restless(part: Part) -> Part:
    return replace(part, rest_s=0.0)


def test_a_client_that_reads_nothing_delays_no_other_and_is_sent_the_newest(address: str) -> None:
    slow, watch, state = push.PageWatch("page"), push.PageWatch("page"), {"number": 0}
    big = restless(value_part("big", lambda: state["number"], lambda n: {"number": n, "text": "x" * 300_000}))
    small = restless(value_part("small", lambda: state["number"], lambda n: {"number": n}))
    slow.drawn(lambda _: 1, 1, parts={"part": DrawnPart(big, 0)})
    watch.drawn(lambda _: 1, 1, parts={"part": DrawnPart(small, 0)})
    last = 200
    with (
        open_socket(address, max_queue=1, compression=None, max_size=None) as late,
        connected(address, watch) as socket,
    ):
        late.send(slow.token)
        for number in range(1, last + 1):
            state["number"] = number
            changes.notify()
            assert json.loads(socket.recv(TIMEOUT_S))["part"]["number"] == number
        assert late.recv(TIMEOUT_S) == "ready"
        received = []
        while not received or received[-1] < last:
            received.append(json.loads(late.recv(TIMEOUT_S))["part"]["number"])
    assert len(received) < last / 2


@pytest.mark.parametrize("position", [0, -1])
def test_a_token_with_another_character_is_not_known(position: int) -> None:
    watch = push.PageWatch("page")
    letters = list(watch.token)
    letters[position] = "A" if letters[position] != "A" else "B"
    assert push.watch_of(watch.token) is watch
    assert push.watch_of("".join(letters)) is None
    assert push.watch_of(watch.token.partition(".")[0]) is None


def test_the_message_is_repeated_only_after_the_browser_has_had_time_to_redraw(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, state = push.PageWatch("page"), {"version": 1}
    drawn(watch, state)
    with connected(address, watch) as socket:
        state["version"] += 1
        assert socket.recv(TIMEOUT_S) == "draw"
        with pytest.raises(TimeoutError):
            socket.recv(timeout=20 * SOON)
        monkeypatch.setattr(rounds, "REPEAT_S", SOON)
        assert socket.recv(TIMEOUT_S) == "draw"


def test_a_change_while_the_page_is_drawn_is_drawn_next(address: str) -> None:
    watch, state = push.PageWatch("page"), {"version": 1}
    with connected(address, watch) as socket:
        before = state["version"]
        state["version"] += 1
        watch.drawn(lambda _: state["version"], before)
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
    token = push.PageWatch("page").token
    with open_socket(address) as socket:
        socket.send(token)
        with pytest.raises(websockets.ConnectionClosed):
            socket.recv(TIMEOUT_S)


def test_the_connections_of_browsers_that_have_left_are_not_counted(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "MOST_SOCKETS", 1)
    watch = push.PageWatch("page")
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
    watch = push.PageWatch("page")
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
    monkeypatch.setattr(rounds, "REPEAT_S", 0.0)
    messages = Messages()
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(messages)
    try:
        watch = push.PageWatch("page")
        for _ in range(30):
            watch.drawn(lambda _: 1, 0)
            break_off_after_a_message(address, watch)
        with connected(address, watch):
            pass
    finally:
        logger.removeHandler(messages)
    assert messages.texts == []


def test_a_client_that_sends_more_than_its_token_is_closed(address: str) -> None:
    watch = push.PageWatch("page")
    with connected(address, watch) as socket:
        socket.send("more")
        assert close_code(socket) == wake.POLICY_VIOLATION


def test_a_long_message_is_no_token(address: str) -> None:
    with open_socket(address) as socket:
        socket.send("x" * wake.MOST_BYTES)
        assert close_code(socket) == wake.POLICY_VIOLATION
    with open_socket(address) as socket:
        socket.send("x" * (wake.MOST_BYTES + 1))
        assert close_code(socket) == TOO_BIG


def test_the_oldest_connection_of_a_page_makes_room_for_a_new_one(address: str) -> None:
    watch, state = push.PageWatch("page"), {"version": 1}
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
    watch = push.PageWatch("page")
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
    watch = push.PageWatch("page")
    with serving_wake(base) as url, connected(url + path, watch):
        pass
