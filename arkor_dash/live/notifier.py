"""Tells the event loop that something has changed, from any thread."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator


class _Listener:
    """Calls `on_change` in its event loop, at most once per turn of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, on_change: Callable[[], None]) -> None:
        self._loop, self._on_change = loop, on_change
        self._is_told = False

    def tell(self) -> None:
        if not self._is_told:
            self._is_told = True
            with contextlib.suppress(RuntimeError):  # the loop was closed
                self._loop.call_soon_threadsafe(self._run)

    def _run(self) -> None:
        # First, so that a change during the call is told again.
        self._is_told = False
        self._on_change()


class Notifier:
    """Passes on that something has changed, not what. Thread-safe."""

    def __init__(self) -> None:
        self._listeners: tuple[_Listener, ...] = ()

    def notify(self) -> None:
        """Something that an open page shows has changed. Returns at once; many calls in a row count as one."""
        for listener in self._listeners:
            listener.tell()

    @contextlib.contextmanager
    def listening(self, on_change: Callable[[], None]) -> Iterator[None]:
        """Call `on_change` in the running event loop after each change."""
        listener = _Listener(asyncio.get_running_loop(), on_change)
        self._listeners = (*self._listeners, listener)
        try:
            yield
        finally:
            self._listeners = tuple(each for each in self._listeners if each is not listener)


changes = Notifier()
"""Of everything that pages show. The server listens, see `server/rounds.py`."""
