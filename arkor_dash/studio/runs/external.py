"""The jobs that scripts open from outside, report to, and keep alive by a heartbeat."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from arkor_dash.protocol.files import write_private
from arkor_dash.protocol.jobs import Job
from arkor_dash.protocol.run_folder import ARTIFACTS, TOKEN_HASH
from arkor_dash.studio.context import StudioContext
from arkor_dash.studio.errors import JobEndedError, RequestError, UnknownJobError

from .run import Run
from .watchdog import SILENCE_LIMIT_S, TICK_S, Watchdog

SILENT = (
    f"Nothing was heard of the script for {SILENCE_LIMIT_S:g} s: "
    "it was killed or stopped, or it can't reach the Studio."
)
_log = logging.getLogger(__name__)


class ExternalRun(Run):
    """A run of a script that somebody else started. `silent_s` is how long nothing was heard of it."""

    def __init__(self, job_id: str, folder: Path, digest: str | None = None) -> None:
        """`digest`: the SHA-256 of the token that a Studio before this one gave out; a new token without."""
        super().__init__(job_id, folder)
        self.silent_s = 0.0
        self.digest = digest or sha256(self.token.encode()).hexdigest()

    def accepts(self, token: bytes) -> bool:
        return hmac.compare_digest(sha256(token).hexdigest(), self.digest)

    @property
    def is_reporting(self) -> bool:
        return self._deliveries > 0

    @contextmanager
    def delivery(self) -> Iterator[None]:
        """Any request of the script, a heartbeat included, is a sign of life from its start to its end."""
        try:
            with super().delivery():
                yield
        finally:
            self.silent_s = 0.0


class ExternalRuns:
    """Any number at a time, beside the Studio's own run. All methods belong on the event loop."""

    def __init__(self, context: StudioContext) -> None:
        """Blocks: takes up the runs that the Studio before this one left on."""
        self._context = context
        self._store = context.store
        self._runs: dict[str, ExternalRun] = {}
        self._watched: dict[str, ExternalRun] = {}
        self._stopping = False
        self._watching: asyncio.Task[None] | None = None
        # They get the whole limit once more, as they could not be heard.
        for job_id in self._store.unfinished(is_external=True):
            self._watch(self._restored(job_id))

    def run(self, job_id: str) -> ExternalRun | None:
        """The run of that job, if it was on since the Studio was started."""
        return self._runs.get(job_id)

    async def open(self, name: str, config: str) -> ExternalRun:
        """A new job that is running, and the run that may report to it. `config` is a JSON object as text.

        Raises: RequestError: the Studio is being stopped.
        """
        if self._stopping:
            raise RequestError(503, "The Studio is being stopped.")
        job_id = f"job_{secrets.token_hex(8)}"
        run = ExternalRun(job_id, self._context.state.run(job_id))
        await to_thread.run_sync(self._prepare, run, name, config)
        self._watch(run)
        return run

    async def cancel(self, run: ExternalRun) -> Job:
        """Ask the script to end, which it hears at its next heartbeat at the latest. Nothing ends it but itself.

        Raises: RequestError: the job has ended.
        """
        try:
            job = await to_thread.run_sync(self._store.cancel_job, run.job_id)
        except JobEndedError:
            raise RequestError(409, "The job has ended. There is nothing to cancel.") from None
        await to_thread.run_sync(run.ask_to_end)
        return job

    def start(self) -> None:
        """Begin to watch."""
        self._watching = asyncio.create_task(self._watch_all())

    async def _watch_all(self) -> None:
        watchdog = Watchdog(asyncio.get_running_loop().time())
        while True:
            await asyncio.sleep(TICK_S)
            silent = watchdog.tick(asyncio.get_running_loop().time(), self._watched.values())
            for run in silent:
                await self._fail(run)

    def stop(self) -> None:
        """Open no further jobs. Those that are on may report to the next Studio of this folder."""
        self._stopping = True
        if self._watching is not None:
            self._watching.cancel()

    def _watch(self, run: ExternalRun) -> None:
        self._runs[run.job_id] = self._watched[run.job_id] = run

    def _prepare(self, run: ExternalRun, name: str, config: str) -> None:
        run.folder.mkdir(mode=0o700)
        (run.folder / ARTIFACTS).mkdir(mode=0o700)
        write_private(run.folder / TOKEN_HASH, run.digest)
        self._store.create_job(run.job_id, name, datetime.now(UTC), config=config, is_external=True)

    def _restored(self, job_id: str) -> ExternalRun:
        folder = self._context.state.run(job_id)
        digest = None  # without the file nobody can report any more, and it is failed as any that is silent
        with contextlib.suppress(OSError, UnicodeDecodeError):
            digest = (folder / TOKEN_HASH).read_text(encoding="ascii")
        return ExternalRun(job_id, folder, digest)

    async def _fail(self, run: ExternalRun) -> None:
        """Fail its job unless that has ended by itself. A failing disk is asked again at the next tick."""
        at = datetime.now(UTC)
        try:
            await to_thread.run_sync(self._store.end_run, run.job_id, None, SILENT, at)
        except SQLAlchemyError:
            _log.exception("The silence of %s can't be stored yet", run.job_id)
            return
        except UnknownJobError:
            pass
        del self._watched[run.job_id]
        self._context.events_stored.notify(run.job_id)
