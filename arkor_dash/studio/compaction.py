"""Stores the events of jobs in columns, in the background: full stretches, and the rest once a job has ended."""

from __future__ import annotations

import asyncio
import time

from anyio import to_thread

from .background import BackgroundTask
from .context import StudioContext
from .wakeups import wait_for

PAUSE_S = 0.05
PAUSE_SHARE = 9.0
"""The pause after a stretch takes so many times as long as the work on it, so that reports come first."""
CHECK_S = 30.0
"""Old jobs become ready without a signal: their metrics have to be summarized first."""


class Compaction(BackgroundTask):
    """Until it is done, events are read one by one, which takes longer. The next start does the rest."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._failed: set[str] = set()

    async def _run(self) -> None:
        archive = self._context.store.archive
        while True:
            notification = self._context.stretch_filled.next()
            try:
                for job_id in await to_thread.run_sync(archive.compactable):
                    await self._compact(job_id)
            except Exception as error:  # noqa: BLE001 - it is tried again, and all events can be read meanwhile
                self._log_once("", error)
            await wait_for(notification, CHECK_S)

    async def _compact(self, job_id: str) -> None:
        archive = self._context.store.archive
        began = time.monotonic()
        try:
            while await to_thread.run_sync(archive.compact, job_id):
                await asyncio.sleep(max(PAUSE_S, PAUSE_SHARE * (time.monotonic() - began)))
                began = time.monotonic()
        except Exception as error:  # noqa: BLE001 - so that the other jobs are not kept waiting
            self._log_once(job_id, error)

    def _log_once(self, job_id: str, error: Exception) -> None:
        if job_id not in self._failed:
            self._failed.add(job_id)
            self._context.log_failure("Events could not be stored in columns", error)
