"""Cancels runs, and stores what has become of them, as soon as the database takes it."""

from __future__ import annotations

import asyncio
import logging

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from arkor_dash.protocol.jobs import Job
from arkor_dash.studio.context import StudioContext
from arkor_dash.studio.errors import RequestError
from arkor_dash.studio.wakeups import wait_for

from .run import Run

RETRY_S = 1.0
WAIT_S = 2.0
"""How long the end or the cancellation of a run waits for the database. A locked one may take half a minute."""
log = logging.getLogger(__name__)


class Recorder:
    """Stores the changes of runs, and tries again until it can. Call all methods on the event loop."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def cancel(self, run: Run) -> Job:
        """Ask the run to end. Returns its job, which stays as it is if it has ended. Asking again changes nothing.

        Raises: RequestError: the job has ended, and so has its process, or it is a script's.
        """
        if not run.can_be_cancelled:
            raise RequestError(409, "The job has ended. There is nothing to cancel.")
        run.cancelled.set()
        await to_thread.run_sync(run.request_cancel)
        await self.record(run)
        try:
            job = await to_thread.run_sync(self._context.store.job, run.job_id)
        except (SQLAlchemyError, OSError):
            job = Job(run.job_id, run.job_id, "")
        return run.as_known(job)

    async def record(self, run: Run) -> None:
        """Store what has changed. Returns after the first attempt, and not later than after `WAIT_S`.

        If it fails, it is tried again in the background. Until then, only the run itself knows.
        """
        tried = asyncio.Event()
        if run.job_id not in self._tasks:
            self._tasks[run.job_id] = asyncio.create_task(self._store(run, tried))
            await wait_for(tried, WAIT_S)

    def stop(self) -> None:
        """Give up what can't be stored. The next Studio of this folder ends those jobs."""
        for task in self._tasks.values():
            task.cancel()

    async def _store(self, run: Run, tried: asyncio.Event) -> None:
        started = asyncio.get_running_loop().time()
        try:
            while run.has_unstored:
                try:
                    await to_thread.run_sync(run.store_changes, self._context.store)
                except Exception as error:  # noqa: BLE001 - after a bug, too, a job must not seem to run for ever
                    if not tried.is_set():
                        self._context.log_failure(
                            f"What has become of {run.job_id} can't be stored yet", error
                        )
                    tried.set()
                    await asyncio.sleep(RETRY_S)
            if tried.is_set():
                log.warning("What has become of %s is stored now", run.job_id)
            if tried.is_set() or asyncio.get_running_loop().time() - started > WAIT_S:
                # Nobody waited for this any more.
                self._context.events_stored.notify(run.job_id)
                self._context.run_ended.notify()
        finally:
            del self._tasks[run.job_id]
            tried.set()
