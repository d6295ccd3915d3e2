"""The event loop hears of changes in any thread."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack

from arkor_dash.live.notifier import Notifier


def test_many_changes_in_a_row_are_heard_once_and_a_later_one_again() -> None:
    notifier, heard = Notifier(), []

    def change_often() -> None:
        for _ in range(1000):
            notifier.notify()

    async def listen() -> None:
        changed = asyncio.Event()

        def on_change() -> None:
            heard.append(1)
            changed.set()

        with notifier.listening(on_change):
            for _ in range(2):
                changed.clear()
                thread = threading.Thread(target=change_often)
                thread.start()
                thread.join(30)  # the loop is busy meanwhile
                await asyncio.wait_for(changed.wait(), 30)
        notifier.notify()
        await asyncio.sleep(0)

    asyncio.run(listen())
    assert len(heard) == 2


def test_a_change_that_comes_while_the_last_one_is_heard_is_heard_too() -> None:
    notifier, heard = Notifier(), []

    async def listen() -> None:
        done = asyncio.Event()

        def on_change() -> None:
            heard.append(1)
            if len(heard) == 1:
                notifier.notify()
            else:
                done.set()

        with notifier.listening(on_change):
            notifier.notify()
            await asyncio.wait_for(done.wait(), 30)

    asyncio.run(listen())
    assert len(heard) == 2


def test_a_closed_event_loop_is_no_error() -> None:
    notifier = Notifier()

    async def listen() -> None:
        held.enter_context(notifier.listening(lambda: None))

    with ExitStack() as held:
        asyncio.run(listen())
        notifier.notify()
