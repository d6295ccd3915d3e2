"""Wake the tasks that wait for changes of a job. For one event loop. Not thread-safe."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Signal:
    """Wakes all waiting tasks at each `notify`.

    To miss nothing: call `next`, then check for changes, then wait for the event that `next` returned. If something
    changed in between, the event is already set.
    """

    __slots__ = ("__weakref__", "_next")

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def next(self) -> asyncio.Event:
        """The event that the next `notify` sets."""
        return self._next

    def notify(self) -> None:
        current, self._next = self._next, asyncio.Event()
        current.set()


class Wakeups:
    """One signal for each key. A signal is dropped when nothing refers to it any more."""

    def __init__(self) -> None:
        self._signals: WeakValueDictionary[str, Signal] = WeakValueDictionary()
        self.closed = False

    def signal(self, key: str) -> Signal:
        signal = self._signals.get(key)
        if signal is None:
            signal = self._signals[key] = Signal()
        return signal

    def notify(self, key: str) -> None:
        signal = self._signals.get(key)
        if signal is not None:
            signal.notify()

    def close(self) -> None:
        """Set `closed` and wake every waiting task for the last time."""
        self.closed = True
        for signal in list(self._signals.values()):
            signal.notify()

    def __len__(self) -> int:
        return len(self._signals)


async def wait_for(notification: asyncio.Event, timeout_s: float | None = None) -> bool:
    """Whether the notification was sent within `timeout_s`."""
    try:
        async with asyncio.timeout(timeout_s):
            await notification.wait()
    except TimeoutError:
        return False
    return True
