"""A run's output, read from its log file while it grows."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from anyio import to_thread

from .errors import RequestError
from .wakeups import Wakeups, rung

CHUNK_BYTES = 256 * 1024
_OFFSET = re.compile(r"[0-9]{1,18}")


def parse_offset(text: str | None) -> int:
    """Raises: RequestError: it is not a whole number of bytes."""
    if text is None:
        return 0
    if not _OFFSET.fullmatch(text):
        raise RequestError(400, "offset should be a whole number of bytes from 0 on")
    return int(text)


async def follow(
    log: Path, offset: int, grown: Wakeups, job_id: str, exit_code: Callable[[], int | None]
) -> AsyncIterator[bytes]:
    """The log's bytes from `offset` on, as they come; after the last, the exit code as a trailer.

    `exit_code` is None as long as the run is on. `grown` is rung for the job when its log has grown
    and when its run has ended.
    """
    signal = grown.signal(job_id)
    while not grown.closed:
        ticket = signal.ticket()
        # Asked before reading: what is written before the end is then read before the trailer.
        code = exit_code()
        chunk = await to_thread.run_sync(_read, log, offset)
        if chunk:
            offset += len(chunk)
            yield chunk
        elif code is not None:
            yield f"\n---\nexit={code}\n".encode()
            return
        else:
            await rung(ticket)


def _read(log: Path, offset: int) -> bytes:
    # Opened for each chunk, so that a reader who leaves has nothing to close.
    with log.open("rb") as file:
        # A seek to where no file can reach is an error.
        file.seek(min(offset, os.fstat(file.fileno()).st_size))
        return file.read(CHUNK_BYTES)
