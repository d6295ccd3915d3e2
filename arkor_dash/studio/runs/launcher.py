"""Starts the project's trainer, one run at a time, and records how each run ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from anyio import to_thread

from arkor_dash.errors import RunInProgressError
from arkor_dash.protocol.exit_codes import shell_code
from arkor_dash.protocol.files import write_private
from arkor_dash.protocol.run_folder import CANCEL, CONFIG, EXIT, OUTPUT
from arkor_dash.studio.context import StudioContext
from arkor_dash.studio.errors import RequestError
from arkor_dash.studio.state_dir import StateDir
from arkor_dash.studio.storage.records import RunStatus
from arkor_dash.studio.storage.store import Store

from .children import KILLED, GuardedChild, child_environment
from .exit_reason import CANNOT_RUN, reason_of_death
from .leftovers import run_mark
from .recorder import Recorder
from .run import Run, RunEnd

STOPPED = "The Studio was stopped during the run."
INTERNAL_ERROR = "The Studio had an internal error and ended the run. Its log has the details."
IN_PROGRESS = "A run of this project is in progress."
PROCESS_RUNS = (
    "The last job has ended, but its process still runs. It may be saving. To end it, open the job's page."
)
STOP_LIMIT_S = 5.0
TERMINATED_S = 5.0
"""How long a cancelled run may go on after SIGTERM, before SIGKILL."""
log = logging.getLogger(__name__)


class Launcher:
    """The project's runs. Call all methods on the event loop."""

    def __init__(self, context: StudioContext, recorder: Recorder) -> None:
        self._context = context
        self._recorder = recorder
        self._store = context.store
        self._runs: dict[str, Run] = {}
        self._child: GuardedChild | None = None
        self._watching: asyncio.Task[None] | None = None
        self._stopping = False

    def run(self, job_id: str) -> Run | None:
        """The job's run, if this Studio process started it."""
        return self._runs.get(job_id)

    def forget(self, job_id: str) -> None:
        """Drop the run of a deleted job. Its trainer's token is refused from now on."""
        self._runs.pop(job_id, None)

    @property
    def current_job_id(self) -> str | None:
        """The id of the job whose run is in progress, or None."""
        newest = self._newest
        return None if newest is None or newest.exit_code is not None else newest.job_id

    async def latest(self) -> RunStatus | None:
        """The status of the newest run, also of one that an earlier Studio process started."""
        run = self._newest
        if run is None:
            return await to_thread.run_sync(self._store.latest_run)
        return RunStatus(run.job_id, run.exit_code is None, run.exit_code)

    async def start(self, name: str, config: str | None = None) -> Run:
        """Start a run. Its job is called `name` until the trainer gives it a name.

        Args: config: a JSON object as text, whose values override those in the trainer's config.
        Raises: RunInProgressError: another run is in progress. RequestError: the Studio is stopping.
            SQLAlchemyError, OSError: the run can't be stored.
        """
        if self._stopping:
            raise RequestError(503, "The Studio is being stopped.")
        newest = self._newest
        if newest is not None and newest.exit_code is None:
            raise RunInProgressError(PROCESS_RUNS if newest.has_ended else IN_PROGRESS, job_id=newest.job_id)
        job_id = f"job_{secrets.token_hex(8)}"
        run = self._runs[job_id] = Run(job_id, self._context.state.run(job_id))
        try:
            await to_thread.run_sync(self._prepare, run, name, config)
        except BaseException:
            del self._runs[job_id]
            raise
        self._watching = asyncio.create_task(self._execute(run))
        return run

    async def stop(self) -> None:
        """Kill the run in progress, with its process group, and start no other."""
        self._stopping = True
        if self._child is not None:
            self._child.end()
        if self._watching is not None:
            await asyncio.wait([self._watching], timeout=STOP_LIMIT_S)

    @property
    def _newest(self) -> Run | None:
        return next(reversed(self._runs.values()), None)

    def _prepare(self, run: Run, name: str, config: str | None) -> None:
        with run.new_folder() as folder:
            run.log.touch(mode=0o600)
            if config is not None:
                write_private(folder / CONFIG, config)
            self._store.create_job(run.job_id, name, datetime.now(UTC), config=config or "{}")

    async def _execute(self, run: Run) -> None:
        """Run the trainer to its end. Whatever happens, the run has ended afterwards, and another can start."""
        exit_code, reason = KILLED, INTERNAL_ERROR
        try:
            exit_code, reason = await self._outcome(run)
        except Exception:
            log.exception("The run of %s was ended by an internal error", run.job_id)
        if reason not in (STOPPED, INTERNAL_ERROR):
            await to_thread.run_sync(run.keep_exit_code, exit_code)
        code = shell_code(exit_code)
        run.exit_code, run.end = code, RunEnd(code, reason, datetime.now(UTC))
        await self._recorder.record(run)
        self._context.events_stored.notify(run.job_id)
        self._context.output_grew.notify(run.job_id)
        self._context.run_ended.notify()

    async def _outcome(self, run: Run) -> tuple[int, str]:
        """The child's exit code, and the job's error if the trainer sent no terminal event."""
        exit_code = await self._exit_code(run)
        await run.settle()
        if self._stopping:
            return exit_code, STOPPED
        return exit_code, await to_thread.run_sync(reason_of_death, exit_code, run.log)

    async def _exit_code(self, run: Run) -> int:
        environment = child_environment(
            os.environ,
            ARKOR_RUN_URL=self._context.url,
            ARKOR_RUN_JOB=run.job_id,
            ARKOR_RUN_TOKEN=run.token,
            ARKOR_RUN_DIR=str(run.folder),
            ARKOR_BUILD_DIR=str(self._context.state.build),
            ARKOR_RUN_MARK=run_mark(self._context.state.mark(), run.job_id),
        )
        try:
            child = self._child = await GuardedChild.spawn(
                self._context.commands.start,
                cwd=self._context.project,
                environment=environment,
                output=run.log,
            )
        except OSError as error:
            with contextlib.suppress(OSError):
                run.log.write_text(f"Can't start the trainer: {error}\n")
            return CANNOT_RUN
        if self._stopping:
            child.end()
        cancelling = asyncio.create_task(self._end_when_cancelled(run, child))
        try:
            return await child.wait(lambda: self._context.output_grew.notify(run.job_id))
        except BaseException:
            child.end()
            raise
        finally:
            cancelling.cancel()
            self._child = None

    async def _end_when_cancelled(self, run: Run, child: GuardedChild) -> None:
        """Escalate after a cancel request: the cancel file is there already, then SIGTERM, then SIGKILL."""
        await run.cancelled.wait()
        await asyncio.sleep(self._context.cancel_grace_s)
        child.terminate()
        await asyncio.sleep(TERMINATED_S)
        child.end()


def end_unfinished(store: Store, state: StateDir) -> None:
    """End the jobs that were left unfinished when the last Studio of this folder ended."""
    for job_id in store.unfinished():
        folder = state.run(job_id)
        if (folder / CANCEL).exists():
            store.cancel_job(job_id)
        exit_code = _kept_exit_code(folder)
        reason = STOPPED if exit_code is None else reason_of_death(exit_code, folder / OUTPUT)
        code = shell_code(KILLED if exit_code is None else exit_code)
        store.end_run(job_id, code, reason, datetime.now(UTC))


def _kept_exit_code(folder: Path) -> int | None:
    """The exit code that the last Studio has kept for a run whose end it could not store; None if there is none."""
    for file in folder.glob(f"{EXIT}*"):
        with contextlib.suppress(ValueError):
            return int(file.name.removeprefix(EXIT))
    return None
