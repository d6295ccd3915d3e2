"""Rounds in which all open pages are served, on the event loop that serves everything else, too."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Hashable
from contextlib import ExitStack

import pytest

from arkor_dash.live import parts
from arkor_dash.live.parts import DrawnPart, Part
from arkor_dash.live.push import PageWatch
from arkor_dash.live.server import rounds
from arkor_dash.live.server.rounds import OpenPage, Rounds

TIMEOUT_S = 30.0
COST_S = 0.002


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


def dear_part(view: str) -> Part:
    def update(cursor: Hashable) -> tuple[dict[str, object], int]:
        until = time.thread_time() + COST_S
        while time.thread_time() < until:
            pass
        return {}, int(str(cursor)) + 1

    return Part(view, update)


def test_no_page_waits_for_ever_while_others_take_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROUND_S", COST_S / 2)  # for one page
    monkeypatch.setattr(parts, "REST_FACTOR", 0.0)
    served: Counter[str] = Counter()
    watches = {name: PageWatch("page") for name in "abc"}
    for name, watch in watches.items():
        watch.drawn(lambda _: None, None, parts={"part": DrawnPart(dear_part(name), 0)})

    async def take(name: str, page: OpenPage, all_rounds: Rounds) -> None:
        while min(served[each] for each in watches) < 3:
            await page.next_messages()
            page.sent()
            served[name] += 1
            all_rounds.begin()

    async def serve() -> None:
        all_rounds = Rounds()
        with ExitStack() as stack:
            pages = {name: OpenPage(watch) for name, watch in watches.items()}
            for page in pages.values():
                stack.enter_context(all_rounds.serving(page))
            tasks = [asyncio.create_task(take(name, page, all_rounds)) for name, page in pages.items()]
            await asyncio.wait(tasks, timeout=TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    asyncio.run(serve())
    assert min(served[each] for each in watches) >= 3, served


def rounds_in(seconds: float, changes_per_s: float) -> int:
    """How many rounds serve a page within that time of so many regular changes a second."""
    served = 0

    def count(_: object) -> int:
        nonlocal served
        served += 1
        return 1

    watch = PageWatch("page")
    watch.drawn(count, 1)

    async def serve() -> None:
        all_rounds, until = Rounds(), time.monotonic() + seconds
        with all_rounds.serving(OpenPage(watch)):
            while time.monotonic() < until:
                all_rounds.begin()
                await asyncio.sleep(1 / changes_per_s)

    asyncio.run(serve())
    return served


def test_changes_without_a_pause_are_served_together() -> None:
    seconds = 1.0
    assert rounds_in(seconds, changes_per_s=500) <= seconds / rounds.STEADY_S + 2
