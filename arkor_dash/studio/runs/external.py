"""Runs of scripts that the Studio did not start. They open a job, report to it, and send heartbeats."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from anyio import to_thread

from arkor_dash.protocol.exit_trailer import exit_trailer
from arkor_dash.protocol.files import write_private
from arkor_dash.protocol.jobs import CANCELLING
from arkor_dash.protocol.run_folder import TOKEN_HASH
from arkor_dash.studio.background import BackgroundTask
from arkor_dash.studio.context import StudioContext
from arkor_dash.studio.errors import JobEndedError, RequestError

from .output_file import OutputFile
from .recorder import Recorder
from .run import Run, RunEnd
from .watchdog import SILENCE_LIMIT_S, TICK_S, Watchdog

SILENT = (
    f"The script has not reported for {SILENCE_LIMIT_S:g} s. "
    "It was killed or stopped, or it can't reach the Studio."
)


class ExternalRun(Run):
    """A run of a script that the Studio did not start.

    Attributes: silent_s: the time since its last request. output_is_complete: nothing is to follow what is stored of
    its output.
    """

    def __init__(self, job_id: str, folder: Path, digest: str | None = None) -> None:
        """`digest` is the SHA-256 of a token that an earlier Studio process issued. None: issue a new token."""
        super().__init__(job_id, folder)
        self.silent_s = 0.0
        self.output_is_complete = False
        self._output = OutputFile(self.log)
        self.digest = digest or sha256(self.token.encode()).hexdigest()

    def accepts(self, token: bytes) -> bool:
        return hmac.compare_digest(sha256(token).hexdigest(), self.digest)

    @property
    def is_reporting(self) -> bool:
        return self._deliveries > 0

    @property
    def can_be_cancelled(self) -> bool:
        """A script can only be asked to end, and it asks for this only until its job has ended."""
        return not self.has_ended

    def trailer(self) -> bytes | None:
        """The output may grow after the job's end: until the script has sent all, or has fallen silent."""
        is_complete = self.end is not None or (self.has_ended and self.output_is_complete)
        return exit_trailer(None) if is_complete else None

    def add_output(self, offset: int, piece: bytes) -> int:
        """Store a piece of the output as `OutputFile.append` does. Raises: JobEndedError: the output is complete."""
        if self.trailer() is not None and (piece or self.end is not None):
            raise JobEndedError
        return self._output.append(offset, piece)

    @contextmanager
    def delivery(self) -> Iterator[None]:
        """Any request counts as a sign of life, from its start to its end. So does a heartbeat."""
        try:
            with super().delivery():
                yield
        finally:
            self.silent_s = 0.0


class ExternalRuns(BackgroundTask):
    """The runs of scripts. Any number can be in progress at a time. Call all methods on the event loop.

    Watches for runs that stop reporting.
    """

    def __init__(self, context: StudioContext, recorder: Recorder) -> None:
        """Also watches the runs that were in progress when the last Studio process ended. Blocks."""
        self._context = context
        self._recorder = recorder
        self._store = context.store
        self._runs: dict[str, ExternalRun] = {}
        self._watched: dict[str, ExternalRun] = {}
        self._stopping = False
        # Their time without a request starts at 0 again: while no Studio ran, they could not report.
        for job_id in self._store.unfinished(is_external=True):
            self._watch(self._restored(job_id))

    def run(self, job_id: str) -> ExternalRun | None:
        """The job's run, if it was in progress at any time since this Studio process started."""
        return self._runs.get(job_id)

    def forget(self, job_id: str) -> None:
        """Drop the run of a deleted job. Its script's token is refused from now on."""
        run = self._runs.pop(job_id, None)
        self._watched.pop(job_id, None)
        if run is not None:
            run.output_is_complete = True

    async def open(self, name: str, config: str, *, sends_output: bool = False) -> ExternalRun:
        """Create a running job. Returns the run that may report to it. `config` is a JSON object as text.

        Raises: RequestError: the Studio is stopping.
        """
        if self._stopping:
            raise RequestError(503, "The Studio is being stopped.")
        job_id = f"job_{secrets.token_hex(8)}"
        run = ExternalRun(job_id, self._context.state.run(job_id))
        await to_thread.run_sync(self._prepare, run, name, config, sends_output)
        self._watch(run)
        return run

    async def _run(self) -> None:
        watchdog = Watchdog(asyncio.get_running_loop().time())
        while True:
            await asyncio.sleep(TICK_S)
            silent = watchdog.tick(asyncio.get_running_loop().time(), self._watched.values())
            for run in silent:
                await self._fail(run)

    def stop(self) -> None:
        """Open no more jobs. Runs in progress may report to the next Studio of this folder."""
        self._stopping = True
        super().stop()

    def _watch(self, run: ExternalRun) -> None:
        self._runs[run.job_id] = self._watched[run.job_id] = run

    def _prepare(self, run: ExternalRun, name: str, config: str, sends_output: bool) -> None:
        with run.new_folder() as folder:
            write_private(folder / TOKEN_HASH, run.digest)
            if sends_output:
                run.log.touch(mode=0o600)
            self._store.create_job(run.job_id, name, datetime.now(UTC), config=config, is_external=True)

    def _restored(self, job_id: str) -> ExternalRun:
        folder = self._context.state.run(job_id)
        digest = None  # without the file no token is accepted, so the watchdog will fail the run
        with contextlib.suppress(OSError, UnicodeDecodeError):
            digest = (folder / TOKEN_HASH).read_text(encoding="ascii")
        run = ExternalRun(job_id, folder, digest)
        if self._store.job(job_id).status == CANCELLING:
            run.cancelled.set()
        return run

    async def _fail(self, run: ExternalRun) -> None:
        """Fail the run's job unless it has ended."""
        run.end = RunEnd(None, SILENT, datetime.now(UTC))
        await self._recorder.record(run)
        self._watched.pop(run.job_id, None)
        self._context.events_stored.notify(run.job_id)
        self._context.output_grew.notify(run.job_id)
        self._context.run_ended.notify()
