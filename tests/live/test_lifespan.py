"""The dashboard that the server opens when it starts, and closes when it ends."""

from __future__ import annotations

import threading
import time

import anyio
import pytest

from arkor_dash.errors import StudioStartError
from arkor_dash.live.lifespan import opened_in_background
from tests.waiting import wait_until


def run_server(lifespan, while_up=lambda: None) -> None:
    async def serve() -> None:
        async with lifespan(object()):
            await anyio.to_thread.run_sync(while_up)

    anyio.run(serve)


def test_the_server_is_up_before_the_dashboard_is_open():
    steps: list[str] = []
    server_is_up, is_open = threading.Event(), threading.Event()

    def open_dashboard() -> None:
        assert server_is_up.wait(20)
        steps.append("open")
        is_open.set()

    def while_up() -> None:
        steps.append("up")
        server_is_up.set()
        assert is_open.wait(20)

    run_server(opened_in_background(open_dashboard, lambda: steps.append("close")), while_up)
    assert steps == ["up", "open", "close"]


def test_a_dashboard_that_opens_while_the_server_ends_is_closed_too():
    steps: list[str] = []
    server_ends = threading.Event()

    def open_dashboard() -> None:
        assert server_ends.wait(20)
        time.sleep(0.1)  # the server is at its end by now
        steps.append("open")

    run_server(opened_in_background(open_dashboard, lambda: steps.append("close")), server_ends.set)
    assert steps == ["open", "close"]


@pytest.mark.parametrize(
    "error", [StudioStartError("No Studio: the disk is full"), OSError("the disk is full")]
)
def test_a_dashboard_that_cannot_be_opened_is_logged_and_the_server_goes_on(error, caplog):
    def open_dashboard() -> None:
        raise error

    closed: list[str] = []
    run_server(
        opened_in_background(open_dashboard, lambda: closed.append("closed")),
        lambda: wait_until(lambda: "the disk is full" in caplog.text, what="the log line"),
    )
    assert closed == ["closed"]
