"""A live page that is left while it asks to be drawn again."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from .conftest import wait_on_page
from .held_socket import HeldSocket
from .studio import Studio, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def test_a_watched_job_is_announced_though_its_page_asked_to_be_drawn_when_it_was_left(
    visit: Callable[[str], None], page: Page, studio: Studio
) -> None:
    socket = HeldSocket(page)
    stream: queue.Queue[bytes | None] = queue.Queue()
    saved = ("checkpoint.saved", {"step": 200, "artifacts": [{"name": "checkpoint-200"}]})
    events = [
        *(log(step, loss=1.0) for step in range(1, 200)),
        saved,
    ]  # the last one asks for a run of the script
    diverging = [log(step, loss=9.0) for step in range(201, 401)]
    stream.put(sse_body(events[:-1]))
    job_id = studio.add(job("left", "running", completedAt=None), stream)
    visit(f"/job?id={job_id}")
    expect(page.locator(".st-key-event_log")).to_contain_text("step=199 ")
    socket.hold_requests()
    stream.put(sse_body(events).removeprefix(sse_body(events[:-1])))
    wait_on_page(page, lambda: redraws(socket), what="a request to draw the page again")
    page.get_by_role("link", name="Jobs", exact=True).first.click()
    wait_on_page(page, lambda: page_requests(socket), what="a request for the next page")
    # As a slow connection would have it: the page was still the job's for the browser, but not for the server.
    socket.release_requests([*page_requests(socket), *redraws(socket)])
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    stream.put(sse_body([*events, *diverging]).removeprefix(sse_body(events)))
    expect(page.get_by_text("left: the loss has diverged.")).to_be_visible()
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    stream.put(None)


def redraws(socket: HeldSocket) -> list[bytes]:
    return [each for each in socket.requests if BackMsg.FromString(each).rerun_script.fragment_id]


def page_requests(socket: HeldSocket) -> list[bytes]:
    return [each for each in socket.requests if each not in redraws(socket)]
