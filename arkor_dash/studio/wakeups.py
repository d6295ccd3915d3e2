"""Waking the tasks that wait for news of a job. For one event loop; not safe across threads."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Signal:
    """Wakes its waiters, any number of times.

    Take a ticket first, then look for news, then wait on the ticket: news that came in between has
    already rung it.
    """

    __slots__ = ("__weakref__", "_ticket")

    def __init__(self) -> None:
        self._ticket = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        return self._ticket

    def ring(self) -> None:
        rung, self._ticket = self._ticket, asyncio.Event()
        rung.set()


class Wakeups:
    """One signal for each key, for as long as somebody holds it."""

    def __init__(self) -> None:
        self._signals: WeakValueDictionary[str, Signal] = WeakValueDictionary()
        self.closed = False

    def signal(self, key: str) -> Signal:
        signal = self._signals.get(key)
        if signal is None:
            signal = self._signals[key] = Signal()
        return signal

    def ring(self, key: str) -> None:
        signal = self._signals.get(key)
        if signal is not None:
            signal.ring()

    def close(self) -> None:
        """Set `closed` and wake everyone for the last time."""
        self.closed = True
        for signal in list(self._signals.values()):
            signal.ring()

    def __len__(self) -> int:
        return len(self._signals)


async def rung(ticket: asyncio.Event, timeout_s: float | None = None) -> bool:
    """True when the ticket was rung, False when `timeout_s` went by without."""
    try:
        async with asyncio.timeout(timeout_s):
            await ticket.wait()
    except TimeoutError:
        return False
    return True
