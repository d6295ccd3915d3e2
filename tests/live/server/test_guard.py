"""The guard answers those whom it refuses, on every route."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import requests
import websockets
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from arkor_dash.access.hosts import HostNames
from arkor_dash.live.server.capacity import Capacity
from arkor_dash.live.server.guard import Guard
from tests.servers.asgi import serving

PAGE = {"Accept": "text/html,*/*"}


async def page(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("a page")


async def stream(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("a stream")
    await websocket.close()


class Files:
    opened = 0


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def address(files: Files) -> Iterator[str]:
    capacity = Capacity(lambda: files.opened, lambda: 1024)
    guard = Middleware(Guard, hosts=HostNames(["dash.example.org"]), capacity=capacity)
    routes = [Route("/{rest:path}", page), WebSocketRoute("/{rest:path}", stream)]
    with serving(Starlette(routes=routes, middleware=[guard])) as address:
        yield address


def get(address: str, host: str, path: str = "/", **headers: str) -> requests.Response:
    return requests.get(f"http://{address}{path}", headers={"Host": host, **headers}, timeout=30)


def stream_answer(address: str, host: str) -> str:
    """What the stream sends, or the answer that refuses it."""
    try:
        with connect(f"ws://{host}/stream", sock=_socket(address)) as stream:
            return str(stream.recv(timeout=30))
    except websockets.InvalidStatus as refusal:
        return f"{refusal.response.status_code} {(refusal.response.body or b'').decode()}"


def _socket(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30)


@pytest.mark.parametrize("host", ["localhost:8501", "192.0.2.7", "[::1]:8501", "dash.example.org"])
def test_a_name_of_the_dashboard_is_served(address: str, host: str) -> None:
    assert get(address, host).text == "a page"
    assert stream_answer(address, host) == "a stream"


@pytest.mark.parametrize(
    "path", ["/", "/static/x.js", "/media/x", "/_stcore/upload_file", "/x/_stcore/health", "/x"]
)
def test_another_name_is_refused_on_every_route_with_what_to_set(address: str, path: str) -> None:
    answer = get(address, "evil.example:8501", path)
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "not served under “evil.example”" in answer.text
    assert 'allowedHosts = ["localhost", "evil.example"]' in answer.text
    assert "have the proxy pass on the Host" in answer.text
    assert stream_answer(address, "evil.example:8501").startswith("403 The dashboard is not served under")


@pytest.mark.parametrize("headers", [b"", b"Host: dashboard:8501\r\n", b"Host: evil.example\r\n"])
def test_the_health_check_of_a_load_balancer_is_answered_under_any_name_and_none(
    address: str, headers: bytes
) -> None:
    with _socket(address) as balancer:
        balancer.sendall(b"GET /_stcore/health HTTP/1.0\r\n" + headers + b"\r\n")
        answer = balancer.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"a page")


@pytest.mark.parametrize("host", ["<script>alert(1)</script>", 'x"]', "a b", ""])
def test_a_strange_name_is_not_repeated(address: str, host: str) -> None:
    answer = get(address, host)
    assert answer.status_code in (400, 403)
    assert "alert" not in answer.text
    assert 'x"]' not in answer.text


def test_a_newcomer_is_told_when_there_is_no_room(address: str, files: Files) -> None:
    files.opened = 1020
    answer = get(address, "localhost", **PAGE)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["Connection"] == "close"
    assert "as many viewers as it can take" in answer.text
    assert "1024: ulimit -n" in answer.text
    assert stream_answer(address, "localhost").startswith("503 The dashboard has as many viewers")


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/static/x.js", "*/*"), ("/media/x", PAGE["Accept"]), ("/arkor/file", PAGE["Accept"])],
)
def test_the_files_of_an_open_page_are_served_although_there_is_no_room_for_newcomers(
    address: str, files: Files, path: str, accept: str
) -> None:
    files.opened = 1020
    assert get(address, "localhost", path, Accept=accept).text == "a page"
