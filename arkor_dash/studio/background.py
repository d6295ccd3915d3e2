"""Work that the Studio does beside its requests."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod


class BackgroundTask(ABC):
    """Work that goes on from `start` to `stop`. Call both on the event loop."""

    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin the work."""
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """End the work where it waits. What runs in a thread by then is done to its end."""
        if self._task is not None:
            self._task.cancel()

    @abstractmethod
    async def _run(self) -> None:
        """The work."""
