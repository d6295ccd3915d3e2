"""Summarizes the metrics of jobs that an earlier version has stored, in the background."""

from __future__ import annotations

import asyncio

from anyio import to_thread

from .background import BackgroundTask
from .context import StudioContext

PAUSE_S = 0.05
"""Between two pages of events, so that reports of running jobs are not kept waiting."""


class CatchUp(BackgroundTask):
    """Until it is done, the list of jobs lacks some of the metrics of old jobs. The next start does the rest."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    async def _run(self) -> None:
        store = self._context.store
        try:
            for job_id in await to_thread.run_sync(store.unsummarized):
                while await to_thread.run_sync(store.summarize_page, job_id):
                    await asyncio.sleep(PAUSE_S)
        except Exception as error:  # noqa: BLE001 - the next start goes on
            self._context.log_failure("The metrics of old jobs could not be summarized", error)
