"""What a page shows, and the inputs of a reader, on a machine that may be slow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from playwright.sync_api import Locator, Page, WebSocket, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.waiting import wait_until

JOB_PAGE = re.compile(r"/job\?id=")
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
Value = TypeVar("Value")


def wait_for_value(read: Callable[[], Value], expected: Value) -> None:
    """Return once `read` returns what is expected. A failure shows what it returned last."""
    last: list[Value] = []

    def is_there() -> bool:
        last[:] = [read()]
        return last == [expected]

    with suppress(AssertionError):
        wait_until(is_there)
    assert last == [expected]


def open_job(page: Page, row: Locator) -> None:
    """Click a row of a list until its job's page is open. A row that changes is replaced, and can lose a click."""

    def is_open() -> bool:
        with suppress(PlaywrightTimeoutError):
            row.click(timeout=5000)
            page.wait_for_url(JOB_PAGE, timeout=5000)
        return JOB_PAGE.search(page.url) is not None

    wait_until(is_open, what="a job's page")


def open_tab(page: Page, name: str) -> None:
    """Click a tab of a job's page. Between two jobs, the tabs of both can be there for a frame."""
    tab = page.get_by_role("tab", name=re.compile(rf"^{name}\b"))
    expect(tab).to_have_count(1)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def focus(element: Locator) -> None:
    """Focus an element, once the browser would: it ignores this as long as the page is still hidden."""
    expect(element).to_be_visible()
    element.focus()
    expect(element).to_be_focused()


def click_run_again(page: Page) -> None:
    page.locator(".st-key-job_rerun button").first.click()
    page.locator(".st-key-job_rerun_start button").click()


def wait_for_frames(page: Page) -> None:
    """Return after two frames: scroll events come with the next one."""
    page.evaluate(TWO_FRAMES)


@contextmanager
def pointer_down(rows: Locator) -> Iterator[None]:
    """Any scroll in this block is the reader's, however late its frame is."""
    rows.dispatch_event("pointerdown")
    yield
    wait_for_frames(rows.page)
    rows.dispatch_event("pointerup")


def scroll_to_200(page: Page, rows: Locator) -> None:
    """Turn the wheel to the start of the list, and then down a little."""

    def turn_to(place: int) -> bool:
        rows.hover()  # again for each turn: the list moves when something above it comes
        page.mouse.wheel(0, place - rows.evaluate("e => e.scrollTop"))
        wait_for_frames(page)
        return bool(rows.evaluate("e => e.scrollTop") == place)

    with pointer_down(rows):
        for place in (0, 200):
            wait_until(lambda place=place: turn_to(place), what=f"the reader's place at {place} px")


def stream_frames(page: Page) -> list[object]:
    """What Streamlit's own websocket receives from now on: each run of a script sends some."""
    frames: list[object] = []

    def watch(socket: WebSocket) -> None:
        if "_stcore/stream" in socket.url:
            socket.on("framereceived", lambda frame: frames.append(frame))  # noqa: PLW0108

    page.on("websocket", watch)
    return frames
