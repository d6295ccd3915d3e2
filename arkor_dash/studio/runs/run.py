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
QUIET_LIMIT_S = 1.2


class Run:
    """A run since its start. It is over once `exit_code` (a shell's, 128 + signal) is set."""

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
        """Whether `token` is the one that this run's trainer was given."""
        return hmac.compare_digest(token, self.token.encode())

    def ask_to_end(self) -> None:
        """Tell the trainer. Blocks; a trainer that can't be told is ended when its time is up.

        A file needs no request, and so reaches a trainer that logs nothing, and its forked workers.
        """
        with contextlib.suppress(OSError):
            os.close(os.open(self.folder / CANCEL, os.O_WRONLY | os.O_CREAT | SAFE_OPEN, 0o600))

    @contextmanager
    def delivery(self) -> Iterator[None]:
        """Held while a request of the trainer is received and stored."""
        self._deliveries += 1
        try:
            yield
        finally:
            self._deliveries -= 1
            self._delivered.set()

    async def settle(self) -> None:
        """Wait until what the trainer sent before its end has been stored.

        Its requests may still lie in the kernel's buffers: there must be none for `QUIET_S`. A process that
        left its group may go on reporting: after `QUIET_LIMIT_S` the wait is over.
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
