"""Summarizes the metrics of jobs that an earlier version has stored, in the background."""

from __future__ import annotations

import asyncio

from anyio import to_thread

from .context import StudioContext

PAUSE_S = 0.05
"""Between two pages of events, so that reports of running jobs are not kept waiting."""


class CatchUp:
    """Until it is done, the list of jobs lacks some of the metrics of old jobs."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Call on the event loop."""
        self._running = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Leave the rest to the next start."""
        if self._running is not None:
            self._running.cancel()

    async def _run(self) -> None:
        store = self._context.store
        try:
            for job_id in await to_thread.run_sync(store.unsummarized):
                while await to_thread.run_sync(store.summarize_page, job_id):
                    await asyncio.sleep(PAUSE_S)
        except Exception as error:  # noqa: BLE001 - the next start goes on
            self._context.log_failure("The metrics of old jobs could not be summarized", error)
