"""What a page asks for after the viewer has left it does not reach Streamlit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import ConnectionClosed
from websockets.sync.client import connect

from arkor_dash.live.server.left_pages import LeftPages
from tests.servers.asgi import serving
from tests.waiting import PATIENCE_S

END = b"end"
FAIL = b"fail"
LEAVE = b"leave"


async def leave(websocket: WebSocket) -> None:
    """Go on with the connection after the browser has closed it, as Streamlit does."""
    with suppress(WebSocketDisconnect):
        await websocket.receive_bytes()
    websocket.app.state.has_left.set()
    await websocket.receive_bytes()


async def app(websocket: WebSocket) -> None:
    """Takes note of what it receives, and answers some of it."""
    await websocket.accept()
    received, answers = websocket.app.state.received, websocket.app.state.answers
    while (message := await websocket.receive_bytes()) != END:
        received.append(message)
        if message == FAIL:
            raise RuntimeError("a fault of the app")
        if message == LEAVE:
            await leave(websocket)
        if len(received) in answers:
            await websocket.send_bytes(answers[len(received)])
    await websocket.close()


class Server:
    """`answers` are by the number of the message that they answer, from 1."""

    def __init__(
        self, address: str, received: list[bytes], answers: dict[int, bytes], has_left: threading.Event
    ) -> None:
        self.address, self.received, self.answers, self.has_left = address, received, answers, has_left

    def passed_on(self, *messages: bytes, path: str = "/base/_stcore/stream") -> list[bytes]:
        """Of these messages of a browser, those that reach Streamlit."""
        self.received.clear()
        with connect(f"ws://{self.address}{path}") as socket:
            for number, message in enumerate(messages, 1):
                socket.send(message)
                if number in self.answers:
                    socket.recv(PATIENCE_S)
            socket.send(END)
            with pytest.raises(ConnectionClosed):
                socket.recv(PATIENCE_S)
        return self.received


@pytest.fixture
def server() -> Iterator[Server]:
    app_server = Starlette(
        routes=[WebSocketRoute("/{rest:path}", app)], middleware=[Middleware(LeftPages, base_path="/base/")]
    )
    state = app_server.state
    state.received, state.answers, state.has_left = [], {}, threading.Event()
    with serving(app_server) as address:
        yield Server(address, state.received, state.answers, state.has_left)


def asks_for(page: str, fragment: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = fragment
    return message.SerializeToString()


def new_session(page: str, *fragments: str) -> bytes:
    message = ForwardMsg()
    message.new_session.page_script_hash = page
    message.metadata.run.fragment_ids.extend(fragments)
    return message.SerializeToString()


def navigation(page: str) -> bytes:
    message = ForwardMsg()
    message.navigation.page_script_hash = page
    return message.SerializeToString()


def test_a_fragment_of_the_page_before_is_not_drawn_once_another_page_was_asked_for(server: Server) -> None:
    before, click = asks_for("job", "live"), asks_for("jobs")
    late, after = asks_for("job", "late"), asks_for("jobs", "list")
    assert server.passed_on(before, click, late, after) == [before, click, after]


@pytest.mark.parametrize(
    "answer", [new_session("jobs"), navigation("jobs")], ids=["a new session", "a navigation"]
)
def test_a_fragment_of_the_page_before_is_not_drawn_once_the_server_has_opened_another(
    server: Server, answer: bytes
) -> None:
    server.answers[2] = answer
    opened, button, late = asks_for("job"), asks_for("job", "button"), asks_for("job", "late")
    assert server.passed_on(opened, button, late) == [opened, button]


def test_a_run_of_a_fragment_opens_no_page(server: Server) -> None:
    server.answers[2] = new_session("old", "live")
    messages = [asks_for("job"), asks_for("job", "live"), asks_for("job", "live")]
    assert server.passed_on(*messages) == messages


def test_before_a_page_is_known_every_fragment_is_drawn(server: Server) -> None:
    messages = [asks_for(""), asks_for("job", "live"), asks_for("", "live")]
    assert server.passed_on(*messages) == messages


def test_what_is_no_request_and_other_sockets_pass_unread(server: Server) -> None:
    messages = [asks_for("jobs"), b"\xff no message", asks_for("", "live")]
    assert server.passed_on(*messages) == messages
    others = [asks_for("jobs"), asks_for("job", "live")]
    assert server.passed_on(*others, path="/base/arkor/wake") == others


def test_a_browser_that_leaves_while_it_is_answered_is_no_fault(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(f"ws://{server.address}/base/_stcore/stream") as socket:
        socket.send(LEAVE)
    assert server.has_left.wait(PATIENCE_S)
    # The server has ended that connection before it takes the next one from the same thread.
    assert server.passed_on(asks_for("jobs")) == [asks_for("jobs")]
    assert "Traceback" not in caplog.text


def test_a_fault_of_the_app_is_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with connect(f"ws://{server.address}/base/_stcore/stream") as socket:
        socket.send(FAIL)
        with pytest.raises(ConnectionClosed):
            socket.recv(PATIENCE_S)
    assert "a fault of the app" in caplog.text
