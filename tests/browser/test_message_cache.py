"""What Streamlit names instead of sending it again is still there in a browser that lags behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from .conftest import wait_on_page
from .held_socket import HeldSocket
from .studio import Studio, job

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

SEARCHES = 5
"""More than the runs after which Streamlit's default drops what a run has not shown."""


def test_a_table_comes_back_after_searches_that_a_slow_page_has_not_yet_seen(
    visit: Callable[[str], None], page: Page, studio: Studio
) -> None:
    socket = HeldSocket(page)
    studio.add(job("openable"))
    visit("/jobs")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    socket.hold()
    for text in (*(f"nothing like it {number}" for number in range(SEARCHES)), "openable"):
        before = finished_runs(socket)
        page.locator(".st-key-q input").fill(text)
        wait_on_page(page, lambda before=before: finished_runs(socket) > before, what="a finished run")
    socket.release()
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    expect(page.get_by_text("Connection error")).to_have_count(0)


def finished_runs(socket: HeldSocket) -> int:
    return sum(ForwardMsg.FromString(m).WhichOneof("type") == "script_finished" for m in socket.messages)
