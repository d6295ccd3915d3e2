"""One execution of the project's trainer."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arkor_dash.protocol.files import SAFE_OPEN
from arkor_dash.protocol.run_folder import CANCEL, OUTPUT

QUIET_S = 0.2
"""A run has settled when it has sent nothing for this time."""
QUIET_LIMIT_S = 1.2


class Run:
    """A run that was started. It has ended once `exit_code` is set (as a shell reports it: 128 + signal)."""

    def __init__(self, job_id: str, folder: Path) -> None:
        self.job_id = job_id
        self.folder = folder
        self.log = folder / OUTPUT
        self.token = secrets.token_urlsafe(32)
        self.exit_code: int | None = None
        self.cancelled = asyncio.Event()
        self._deliveries = 0
        self._delivered = asyncio.Event()

    def accepts(self, token: bytes) -> bool:
        """Whether `token` is the one that the run's trainer got."""
        return hmac.compare_digest(token, self.token.encode())

    def request_cancel(self) -> None:
        """Write the cancel file. Blocks. If it can't be written, the trainer is ended by signals later.

        A file also reaches a trainer that sends no requests, and its forked workers.
        """
        # SAFE_OPEN, since the trainer may have put a link or a pipe in the file's place.
        with contextlib.suppress(OSError):
            os.close(os.open(self.folder / CANCEL, os.O_WRONLY | os.O_CREAT | SAFE_OPEN, 0o600))

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
        that left the group may go on reporting, so the wait ends after `QUIET_LIMIT_S`.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + QUIET_LIMIT_S
        while loop.time() < deadline:
            self._delivered.clear()
            try:
                async with asyncio.timeout(QUIET_S):
                    await self._delivered.wait()
            except TimeoutError:
                if not self._deliveries:
                    return
