"""One execution of the project's trainer."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from arkor_dash.protocol.events import UNLOGGED_NAMES
from arkor_dash.protocol.exit_trailer import exit_trailer
from arkor_dash.protocol.files import SAFE_OPEN
from arkor_dash.protocol.jobs import CANCELLED, CANCELLING, FAILED, TERMINAL, Job
from arkor_dash.protocol.run_folder import ARTIFACTS, CANCEL, EXIT, OUTPUT
from arkor_dash.studio.errors import JobEndedError, UnknownJobError
from arkor_dash.studio.storage.records import NewEvent, end_event
from arkor_dash.studio.storage.store import Store

QUIET_S = 0.2
"""A run has settled when it has sent nothing for this time."""
QUIET_LIMIT_S = 1.2
"""For how long new requests are waited for."""
SAID_AFTER = timedelta(minutes=1)
"""From then on, the job says when its last event was."""
DELIVERY_LIMIT_S = 60.0
"""For how long a request that is being received or stored is waited for: a busy disk takes its time."""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run has ended: `exit_code` as a shell reports it, or None, and the error of a job without an end."""

    exit_code: int | None
    error: str
    at: datetime


class Run:
    """A run that was started. It has ended once `exit_code` is set (as a shell reports it: 128 + signal).

    That it was cancelled, and how it has ended, is known here first, and stored as soon as the database takes it:
    with a full disk, too, a run can be ended and is shown as ended.
    """

    def __init__(self, job_id: str, folder: Path) -> None:
        self.job_id = job_id
        self.folder = folder
        self.log = folder / OUTPUT
        self.token = secrets.token_urlsafe(32)
        self.exit_code: int | None = None
        self.cancelled = asyncio.Event()
        self.end: RunEnd | None = None
        self.has_reported_end = False
        """Whether a terminal event of the job is stored."""
        self.last_event_at = datetime.now(UTC)
        """When the last event came; at first, when this process began to wait for it."""
        self._cancel_is_stored = False
        self._end_is_stored = False
        self._deliveries = 0
        self._delivered = asyncio.Event()

    def accepts(self, token: bytes) -> bool:
        """Whether `token` is the one that the run's trainer got."""
        return hmac.compare_digest(token, self.token.encode())

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """The run's folder, which is created, and removed again if the block raises. Blocks. Raises: OSError."""
        self.folder.mkdir(mode=0o700)
        try:
            (self.folder / ARTIFACTS).mkdir(mode=0o700)
            yield self.folder
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @property
    def has_ended(self) -> bool:
        """Whether the job has ended. Its process may go on for a while after it has reported the end."""
        return self.end is not None or self.has_reported_end

    def trailer(self) -> bytes | None:
        """What follows the run's output; None as long as the output may grow."""
        return None if self.exit_code is None else exit_trailer(self.exit_code)

    @property
    def can_be_cancelled(self) -> bool:
        """Whether the run's process can be asked to end, and be ended. It may outlive its job."""
        return self.end is None

    @property
    def has_unstored(self) -> bool:
        """Whether something of what is known here is not stored yet."""
        return (self.cancelled.is_set() and not self._cancel_is_stored) or (
            self.end is not None and not self._end_is_stored
        )

    def store_changes(self, store: Store) -> None:
        """Store what is not stored yet. Blocks. Any thread may call this, also several at once.

        Raises: SQLAlchemyError: the database does not take it; nothing is lost, and it can be tried again.
        """
        is_cancelled, end = self.cancelled.is_set(), self.end
        with contextlib.suppress(UnknownJobError):
            if is_cancelled and not self._cancel_is_stored:
                with contextlib.suppress(JobEndedError):
                    store.cancel_job(self.job_id)
                self._cancel_is_stored = True
            if end is not None and not self._end_is_stored:
                store.end_run(self.job_id, end.exit_code, end.error, end.at)
        self._cancel_is_stored |= is_cancelled
        self._end_is_stored |= end is not None

    def note_events(self, names: Iterable[str]) -> None:
        """Note that events of these names have come now. Those that the event log does not show don't count."""
        if any(name not in UNLOGGED_NAMES for name in names):
            self.last_event_at = datetime.now(UTC)

    def as_known(self, job: Job) -> Job:
        """The stored job, with what is known here. The job may have been read before all of that was stored."""
        if job.status in TERMINAL or self.has_reported_end:
            return job
        is_cancelled = self.cancelled.is_set() or job.status == CANCELLING
        if self.end is None:
            is_silent = datetime.now(UTC) - self.last_event_at >= SAID_AFTER
            silent_since = self.last_event_at if is_silent else None
            return replace(job, status=CANCELLING if is_cancelled else job.status, silent_since=silent_since)
        status, error = (CANCELLED, None) if is_cancelled else (FAILED, self.end.error)
        return replace(job, status=status, error=error, completed_at=self.end.at)

    def unstored_end(self) -> NewEvent | None:
        """The job's terminal event, if it is not stored yet. Its number is 0: it gets one when it is stored."""
        if self.end is None or not self.has_unstored:
            return None
        return end_event(self.job_id, 0, self.cancelled.is_set(), self.end.error, self.end.at)

    def request_cancel(self) -> None:
        """Write the cancel file. Blocks. If it can't be written, the trainer is ended by signals later.

        A file also reaches a trainer that sends no requests, and its forked workers.
        """
        self._mark_folder(CANCEL)

    def keep_exit_code(self, exit_code: int) -> None:
        """Keep the child's exit code in the run's folder, for the next Studio. Blocks. A full disk may prevent it."""
        self._mark_folder(f"{EXIT}{exit_code}")

    def _mark_folder(self, name: str) -> None:
        """Create an empty file, which most file systems have room for even when the disk is full."""
        # SAFE_OPEN, since the trainer may have put a link or a pipe in the file's place.
        with contextlib.suppress(OSError):
            os.close(os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | SAFE_OPEN, 0o600))

    @contextmanager
    def delivery(self) -> Iterator[None]:
        """Marks the time in which a request of the trainer is received and stored."""
        self._deliveries += 1
        try:
            yield
        finally:
            self._deliveries -= 1
            self._delivered.set()

    async def settle(self) -> None:
        """Wait until everything that the trainer sent before its end is stored.

        Requests may still be in the kernel's buffers, so this waits until none has arrived for `QUIET_S`. A process
        that left the group may go on reporting, so from `QUIET_LIMIT_S` on it only waits for requests in progress.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        while (waited := loop.time() - started) < DELIVERY_LIMIT_S:
            self._delivered.clear()
            if waited >= QUIET_LIMIT_S and not self._deliveries:
                return
            try:
                async with asyncio.timeout(QUIET_S):
                    await self._delivered.wait()
            except TimeoutError:
                if not self._deliveries:
                    return
