"""The start and the end of `streamlit run`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import requests
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Origin
from websockets.sync.client import ClientConnection, connect

from arkor_dash.live.push import PATH
from arkor_dash.protocol.discovery import running_studios
from tests.servers.app import App, launch, stop
from tests.servers.client import open_stream, run_script
from tests.servers.scripted import Answer, Request, ScriptedServer, chunked, dripping, head, json_answer
from tests.studio.process import wait_until_dead
from tests.waiting import wait_until

OUTPUT = "/api/jobs/job_1/output"
TRAILER = b"\n---\nexit=0\n"
SCRIPT = """
import arkor_dash.sdk
with arkor_dash.sdk.init(name="from a script") as run:
    run.log(1, loss=1.0)
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Settings of a dashboard whose Studio only this test's scripts can find."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return {"ARKOR_DASH_SOURCE": "embedded"}


def studio_process(app: App) -> psutil.Process:
    return next(each for each in app.children() if "arkor_dash.studio" in each.cmdline())


def test_a_script_finds_the_studio_before_any_page_was_opened(tmp_path, settings):
    app = launch(tmp_path / "app", settings)
    try:
        wait_until(running_studios, what="the Studio's start")
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        token = studio_process(app).environ()["ARKOR_STUDIO_TOKEN"]
        answer = requests.get(
            f"{running_studios()[0].url}/api/jobs", headers={"X-Arkor-Studio-Token": token}, timeout=20
        )
        listed = [(job["name"], job["status"]) for job in answer.json()["jobs"]]
        assert listed == [("from a script", "completed")]
    finally:
        stop(app)


def test_the_studio_has_ended_when_the_server_has_ended(tmp_path, settings):
    app = launch(tmp_path / "app", settings)
    wait_until(running_studios, what="the Studio's start")
    studio = studio_process(app)
    stop(app)
    assert not studio.is_running()


def test_a_server_that_ends_during_the_start_of_its_studio_leaves_no_process(tmp_path, settings):
    app = launch(tmp_path / "app", settings)
    wait_until(app.children, what="the Studio's process")
    left = app.children()
    stop(app)
    wait_until_dead(left)


def test_ctrl_c_ends_the_server_while_pages_are_open(tmp_path, settings):
    # With the watcher that the settings of the project choose, and most tests turn off.
    app = launch(tmp_path / "app", settings, "--server.fileWatcherType=poll")
    try:
        with ExitStack() as held:
            pages = []
            for _ in range(10):
                stream = held.enter_context(open_stream(app))
                for token in tokens(run_script(stream)):
                    pages.append(held.enter_context(listening(app, token)))
            assert len(pages) >= 10
            app.process.send_signal(signal.SIGINT)
            app.process.wait(60)
    finally:
        stop(app)


@dataclass
class Hanging:
    """A Studio that answers requests for `path` a byte at a time, without an end, until it is `released`."""

    path: str = ""
    asked: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def respond(self, request: Request) -> Answer:
        path = request.target.partition("?")[0]
        if path == self.path:
            self.asked.set()
            return Answer(dripping(self.released))
        if path == "/api/train":
            return json_answer({"run": {"jobId": "job_1", "running": False, "exitCode": 0}})
        if path == OUTPUT:
            return Answer(
                [head(Content_Type="text/plain", Transfer_Encoding="chunked"), *chunked(b"on\n", TRAILER)]
            )
        return json_answer({"jobs": [], "trainer": {"name": "one"}})


@pytest.mark.parametrize("path", ["/api/manifest", OUTPUT], ids=["a request of a page", "a download"])
def test_ctrl_c_ends_the_server_while_its_source_hangs(tmp_path, path):
    source = Hanging()
    with ScriptedServer(source.respond) as studio:
        app = launch(tmp_path / "app", {"ARKOR_STUDIO_URL": studio.url, "ARKOR_STUDIO_TOKEN": "token"})
        try:
            with open_stream(app) as page:
                if path == OUTPUT:
                    wait_until(lambda: links(run_script(page)), what="the output")
                    file = f"{app.url}/{links(run_script(page))[0]}"
                    source.path = path
                    threading.Thread(target=download, args=(file,), daemon=True).start()
                else:
                    source.path = path
                    run_script(page)
                assert source.asked.wait(60)
                app.process.send_signal(signal.SIGINT)
                app.process.wait(60)
        finally:
            source.released.set()
            stop(app)


def links(sent: list[ForwardMsg]) -> list[str]:
    """The addresses of the files that the page offers."""
    html = "".join(message.delta.new_element.html.body for message in sent)
    return re.findall(r'href="(arkor/file/[^"]+)"', html)


def download(address: str) -> None:
    with suppress(requests.RequestException):
        requests.get(address, timeout=60)


def tokens(sent: list[ForwardMsg]) -> list[str]:
    """The tokens that a page was given for the dashboard's own websocket."""
    components = [message.delta.new_element.bidi_component for message in sent]
    found = [each for each in components if each.component_name == "arkor_wake"]
    return [json.loads(each.json or each.mixed.json)["token"] for each in found]


@contextmanager
def listening(app: App, token: str) -> Iterator[ClientConnection]:
    """The dashboard's own websocket of a page, which listens."""
    address = f"{app.url.replace('http', 'ws')}/{PATH}"
    with connect(address, origin=Origin(app.url), open_timeout=60) as socket:
        socket.send(token)
        assert socket.recv(60) == "ready"
        yield socket
