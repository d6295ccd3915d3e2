"""Rounds in which all open pages are served, on the event loop that serves everything else, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from arkor_dash.live.push import PageWatch
from arkor_dash.live.server import rounds
from arkor_dash.live.server.rounds import OpenPage, Rounds

TIMEOUT_S = 30.0


async def serve_all(watches: list[PageWatch], until: Callable[[], bool]) -> None:
    served = Rounds()
    async with asyncio.timeout(TIMEOUT_S):
        with served.serving(OpenPage(watches[0])), served.serving(OpenPage(watches[1])):
            while not until():
                await asyncio.sleep(0)


def test_other_work_has_its_turn_between_pages_that_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "TURN_S", -1.0)
    done: list[str] = []

    def first(_: object) -> int:
        done.append("first page")
        asyncio.get_running_loop().call_soon(done.append, "other work")
        return 1

    def second(_: object) -> int:
        done.append("second page")
        return 1

    watches = [PageWatch("page"), PageWatch("page")]
    for watch, state in zip(watches, (first, second), strict=True):
        watch.drawn(state, 1)
    asyncio.run(serve_all(watches, lambda: len(done) >= 3))
    assert done[:3] == ["first page", "other work", "second page"]
