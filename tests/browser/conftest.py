"""The real app, in a real browser, on real servers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.servers.app import ROOT, App, launch, stop
from tests.servers.scripted import ScriptedServer
from tests.waiting import PATIENCE_S, wait_until

from .chromium import launch_chromium
from .studio import Studio

__all__ = ["PATIENCE_MS", "ROOT", "App", "launch", "stop"]

PATIENCE_MS = 1000 * PATIENCE_S
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this folder. Playwright's event loop must end with them."""
    with sync_playwright() as playwright:
        try:
            instance = launch_chromium(playwright)
        except FileNotFoundError as error:
            if os.environ.get("CI"):
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield instance
        instance.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails says what its page showed."""
    report = yield
    page = item.funcargs.get("page") if report.when == "call" and report.failed else None
    if isinstance(page, Page) and not page.is_closed():
        with contextlib.suppress(PlaywrightError):
            report.sections.append(
                ("The page", f"{page.url}\n{page.locator('body').inner_text(timeout=5000)}")
            )
    return report


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of 1280 px. The test fails on any error that its scripts raise."""
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


def wait_on_page(page: Page, condition: Callable[[], object], what: str) -> None:
    """As `wait_until`, for what Playwright notices only while it waits: messages, and the end of a websocket."""

    def holds() -> object:
        page.wait_for_timeout(20)
        return condition()

    wait_until(holds, what=what)


@pytest.fixture
def wait_for_quiet_socket(page: Page) -> Callable[[], None]:
    """Waits until the page's websockets have received nothing for two seconds."""
    frames: list[object] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))  # noqa: PLW0108

    def is_quiet() -> bool:
        count = len(frames)
        page.wait_for_timeout(2000)
        return len(frames) == count

    return lambda: wait_until(is_quiet, what="a websocket that receives nothing")


@pytest.fixture
def start_app(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Starts dashboards with the flags and settings given. They end with the test."""
    apps: list[App] = []

    def start(*flags: str, **settings: str) -> App:
        app = launch(tmp_path / f"app{len(apps)}", settings, *flags)
        apps.append(app)
        return app

    yield start
    for app in apps:
        stop(app)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, Studio]]:
    """One dashboard for all tests of a module."""
    studio = Studio()
    with ScriptedServer(studio.respond) as server:
        settings = {"ARKOR_STUDIO_URL": server.url, "ARKOR_STUDIO_TOKEN": "token"}
        app = launch(tmp_path_factory.mktemp("app"), settings)
        yield app, studio
        stop(app)


@pytest.fixture
def app(shared: tuple[App, Studio]) -> App:
    return shared[0]


@pytest.fixture
def studio(shared: tuple[App, Studio]) -> Studio:
    studio = shared[1]
    studio.jobs, studio.jobs_answer, studio.streams, studio.output = [], None, {}, b""
    studio.manifest, studio.trailer = None, b"\n---\nexit=0\n"
    return studio


@pytest.fixture
def visit(app: App, studio: Studio, page: Page) -> Callable[[str], None]:
    """Opens an address of the app once the list of jobs is up to date."""

    def go(path: str) -> None:
        page.goto(f"{app.url}/jobs")
        before = studio.list_requests
        page.locator(".st-key-jobs_refresh button").click()
        wait_on_page(page, lambda: studio.list_requests > before, what="a request of the list")
        expect(page.locator(".arkor-busy")).to_have_count(0)
        page.goto(f"{app.url}{path}")

    return go
