"""Which addresses the real dashboard answers to, and from which pages it lets runs be started."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import websockets
from websockets.sync.client import ClientConnection, connect

from arkor_dash.live.push import PATH
from arkor_dash.ui.browser.chart import PLOTLY_JS
from tests.servers.app import App, launch, stop
from tests.servers.client import buttons, run_script
from tests.waiting import wait_until

TRAIN = "Run training: python-manual-chars"
MOST_BYTES = 50 * 1024 * 1024  # server.maxMessageSize
TOO_BIG = 1009  # RFC 6455, section 7.4.1; the frame: section 5.2


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("app")
    running = launch(folder, {"ARKOR_DASH_SOURCE": "embedded", "ARKOR_SAMPLE_STEPS": "5"})
    yield running
    stop(running)


def port(app: App) -> int:
    return int(app.url.rpartition(":")[2])


def open_socket(app: App, path: str, host: str, origin: str | None) -> ClientConnection:
    """A websocket to the app whose address has this host."""
    connection = socket.create_connection(("127.0.0.1", port(app)), timeout=60)
    address = f"ws://{host}:{port(app)}/{path}"
    # Streamlit's subprotocol is only expected on its own route.
    protocols = [websockets.Subprotocol("streamlit")] if path.startswith("_stcore") else None
    return connect(address, sock=connection, origin=origin, subprotocols=protocols, max_size=None)


def starts_a_run(app: App, origin: str | None) -> tuple[bool, bool]:
    """Press *Run training*, shown or not. Returns whether a run starts, and whether the page says why not."""
    with open_socket(app, "_stcore/stream", "localhost", origin) as stream:
        shown: dict[str, str] = {}

        def button_is_shown() -> bool:
            shown.update(buttons(run_script(stream)))
            return TRAIN in shown

        wait_until(button_is_shown, what="the button")
        bodies = [each.delta.new_element.html.body for each in run_script(stream, shown[TRAIN])]
        starts = any("Starting…" in body or "Running. It goes on" in body for body in bodies)
        return starts, any("Runs can" in body for body in bodies)


@pytest.mark.parametrize(
    "origin", [None, "http://localhost:1", "http://127.0.0.1:{port}", "http://localhost"]
)
def test_a_page_of_another_origin_and_a_client_without_origin_start_no_run(app: App, origin: str | None):
    sent = None if origin is None else origin.format(port=port(app))
    assert starts_a_run(app, sent) == (False, True)


def test_the_dashboard_s_own_page_starts_a_run(app: App):
    assert starts_a_run(app, f"http://localhost:{port(app)}") == (True, False)


def streamlit_script(app: App) -> str:
    """The address of the script that the page loads first."""
    found = re.search(r'src="\./(static/js/[^"]+)"', requests.get(app.url, timeout=60).text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("script", [lambda _: PLOTLY_JS, streamlit_script])
def test_a_browser_gets_a_script_compressed_and_keeps_it_for_good(app: App, script: Callable[[App], str]):
    answer = requests.head(f"{app.url}/{script(app)}", timeout=60)
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in answer.headers["Cache-Control"]


def test_the_page_of_a_job_names_plotly_js_before_its_chart_asks_for_it(app: App):
    assert (
        f"<{PLOTLY_JS}>; rel=preload; as=script" in requests.get(f"{app.url}/job", timeout=60).headers["Link"]
    )


@pytest.mark.parametrize("origin", [None, "http://localhost:1", "http://evil.example"])
def test_the_wake_route_takes_only_the_dashboard_s_own_pages(app: App, origin: str | None):
    with pytest.raises(websockets.InvalidStatus, match="403"), open_socket(app, PATH, "localhost", origin):
        pass
    with open_socket(app, PATH, "localhost", f"http://localhost:{port(app)}") as wake:
        wake.send("no token")


def test_the_wake_route_takes_no_message_that_is_longer_than_a_token(app: App):
    with open_socket(app, PATH, "localhost", f"http://localhost:{port(app)}") as wake:
        wake.send("x" * 1_000)
        with pytest.raises(websockets.ConnectionClosed):
            wake.recv(timeout=60)
        assert wake.close_code == TOO_BIG


@pytest.mark.parametrize("path", ["_stcore/stream", PATH])
def test_a_huge_message_is_refused_before_it_is_read(app: App, path: str):
    with open_socket(app, path, "localhost", f"http://localhost:{port(app)}") as huge:
        binary, long_and_masked, mask = b"\x82", b"\xff", bytes(4)
        huge.socket.sendall(binary + long_and_masked + (MOST_BYTES + 1).to_bytes(8) + mask)
        with pytest.raises(websockets.ConnectionClosed):
            huge.recv(timeout=60)
        assert huge.close_code == TOO_BIG


@pytest.mark.parametrize(
    "path",
    ["/", "/jobs", "/_stcore/metrics", "/_stcore/host-config", "/app/static/x", "/static/x", "/media/x"],
)
def test_a_rebound_name_gets_a_word_on_every_route(app: App, path: str):
    answer = requests.get(app.url + path, headers={"Host": "evil.example"}, timeout=60)
    assert answer.status_code == 403
    assert "allowedHosts" in answer.text


def test_the_health_check_of_a_load_balancer_is_answered_under_any_name(app: App):
    answer = requests.get(f"{app.url}/_stcore/health", headers={"Host": "dashboard:8501"}, timeout=60)
    assert (answer.status_code, answer.text) == (200, "ok")


@pytest.mark.parametrize("path", ["_stcore/stream", PATH])
def test_a_rebound_name_opens_no_websocket(app: App, path: str):
    origin = f"http://evil.example:{port(app)}"
    with pytest.raises(websockets.InvalidStatus, match="403"), open_socket(app, path, "evil.example", origin):
        pass


def test_a_listed_name_is_served_on_every_route(tmp_path):
    running = launch(tmp_path, {"ARKOR_DASH_SOURCE": "embedded"}, "--server.allowedHosts=dash.example.org")
    try:
        host = {"Host": "dash.example.org"}
        assert "<title>" in requests.get(running.url, headers=host, timeout=60).text
        origin = f"http://dash.example.org:{port(running)}"
        with open_socket(running, "_stcore/stream", "dash.example.org", origin) as stream:
            assert run_script(stream)
    finally:
        stop(running)


def test_a_page_of_another_origin_does_not_make_the_server_ask_the_internet_for_its_address(tmp_path: Path):
    """Streamlit waits for the answer on its event loop, so that any page could hold up all viewers."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        settings = {"http_proxy": address, "https_proxy": address, "no_proxy": "127.0.0.1,localhost"}
        app = launch(tmp_path / "app", settings)
        try:
            with pytest.raises(websockets.InvalidStatus, match="403"):
                open_socket(app, "_stcore/stream", "localhost", "https://evil.example")
        finally:
            stop(app)
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()
