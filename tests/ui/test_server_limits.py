"""`streamlit run` with few descriptors: newcomers are served or told, and the log stays small."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests
import websockets
from websockets.http11 import Response

from tests.servers.app import App, launch, stop
from tests.servers.client import open_stream
from tests.waiting import wait_until

LIMIT = 160
PAGE = {"Accept": "text/html"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    settings = {"ARKOR_DASH_SOURCE": "recordings", "ARKOR_DASH_RECORDINGS_DIR": str(tmp_path)}
    running = launch(tmp_path / "app", settings, file_limits=(LIMIT, LIMIT))
    yield running
    stop(running)


def fill(app: App, streams: ExitStack) -> tuple[int, Response]:
    """Open streams until one is refused. Returns how many were served, and the refusal."""
    for served in range(LIMIT):
        try:
            streams.enter_context(open_stream(app))
        except websockets.InvalidStatus as refusal:
            return served, refusal.response
    raise AssertionError("no stream was refused")


def test_viewers_beyond_the_limit_on_open_files_are_told_and_the_others_stay(
    app: App, tmp_path: Path
) -> None:
    with ExitStack() as streams:
        served, refusal = fill(app, streams)
        assert served > LIMIT / 8
        assert refusal.status_code == 503
        assert b"as many viewers as it can take" in (refusal.body or b"")
        page = requests.get(app.url, headers=PAGE, timeout=60)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
        assert f"open files, which is {LIMIT}" in page.text
        assert requests.get(f"{app.url}/_stcore/health", timeout=60).ok
    assert len((tmp_path / "app" / "app.log").read_bytes()) < 20_000


def test_a_failing_accept_is_logged_once_a_minute_and_the_next_newcomer_is_served(
    app: App, tmp_path: Path
) -> None:
    log = tmp_path / "app" / "app.log"
    address = (urlsplit(app.url).hostname, urlsplit(app.url).port)
    with ExitStack() as idle:
        for _ in range(LIMIT):
            idle.enter_context(socket.create_connection(address, timeout=60))
        wait_until(lambda: b"out of system resource" in log.read_bytes(), what="a failing accept")
        busy_s = psutil.Process(app.process.pid).cpu_times().user + 1
        wait_until(
            lambda: psutil.Process(app.process.pid).cpu_times().user > busy_s, what="more failing accepts"
        )
        assert log.read_bytes().count(b"out of system resource") == 1
        assert len(log.read_bytes()) < 20_000
    wait_until(lambda: requests.get(app.url, headers=PAGE, timeout=60).ok, what="a page for a newcomer")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the limits of another process")
def test_the_soft_limit_on_open_files_is_raised_to_the_hard_limit(tmp_path: Path) -> None:
    running = launch(tmp_path / "app", {"ARKOR_DASH_SOURCE": "embedded"}, file_limits=(LIMIT, 5 * LIMIT))
    try:
        assert psutil.Process(running.process.pid).rlimit(psutil.RLIMIT_NOFILE) == (5 * LIMIT, 5 * LIMIT)
    finally:
        stop(running)
