"""The real app, in a real browser, on real servers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
PATIENCE_MS = 60_000  # a deadline for a busy machine, not a claim
expect.set_options(timeout=PATIENCE_MS)
HOW_TO_GET_ONE = "no Chromium found: install Debian's `chromium`, or run `playwright install chromium`"


@dataclass(frozen=True)
class App:
    """A running dashboard."""

    url: str
    process: subprocess.Popen[bytes]
    state_dir: Path


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this folder; Playwright's event loop must not outlive them."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        executable = found or (own if Path(own).exists() else None)
        if executable is None:
            if os.environ.get("CI"):
                pytest.fail(HOW_TO_GET_ONE)
            pytest.skip(HOW_TO_GET_ONE)
        instance = playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield instance
        instance.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of 1280 px; the test fails on any error that its scripts raise."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, timezone_id="Europe/Berlin", locale="en-GB"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def falls_silent(page: Page) -> Callable[[], None]:
    """Waits until nothing comes over the websocket any more."""
    frames: list[object] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))  # noqa: PLW0108

    def quiet() -> bool:
        count = len(frames)
        page.wait_for_timeout(2000)
        return len(frames) == count

    return lambda: wait_until(quiet, what="silence on the wire")


@pytest.fixture
def start_app(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Starts dashboards with the flags and settings given; they are ended with the test."""
    apps: list[App] = []

    def start(*flags: str, **settings: str) -> App:
        app = launch(tmp_path / f"app{len(apps)}", settings, *flags)
        apps.append(app)
        return app

    yield start
    for app in apps:
        stop(app)


def launch(folder: Path, settings: dict[str, str], *flags: str) -> App:
    """A dashboard with a state of its own in `folder`; its log is `app.log` there."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ARKOR_")}
    environment |= {"HOME": str(folder), "ARKOR_DASH_STATE_DIR": str(folder / "state"), **settings}
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py")]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    command += ["--server.fileWatcherType=none", *flags]
    with (folder / "app.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    app = App(f"http://127.0.0.1:{port}", process, Path(environment["ARKOR_DASH_STATE_DIR"]))
    wait_until(lambda: _healthy(app.url), timeout_s=60, what="the app's start")
    return app


def stop(app: App) -> None:
    app.process.terminate()
    try:
        app.process.wait(20)
    except subprocess.TimeoutExpired:
        app.process.kill()
        app.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _healthy(url: str) -> bool:
    try:
        return requests.get(f"{url}/_stcore/health", timeout=2).ok
    except requests.RequestException:
        return False
