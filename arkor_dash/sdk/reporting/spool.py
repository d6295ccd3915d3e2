"""A queue of lines in a file, for what does not fit into memory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

COPY_BYTES = 1_000_000


class Spool:
    """First in, first out; whole lines that end in a newline. Not safe for threads by itself.

    The file appears with the first line and is emptied when the last has been read. A write that fails
    half-way leaves no trace.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None
        self._begin = 0  # bytes that have been read
        self._end = 0  # bytes that hold whole lines

    @property
    def unread_bytes(self) -> int:
        return self._end - self._begin

    def append(self, lines: bytes) -> None:
        """Add `lines`, or leave the queue as it was. Raises: OSError."""
        if self._fd is None:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        written = 0
        try:
            while written < len(lines):
                written += os.pwrite(self._fd, memoryview(lines)[written:], self._end + written)
        except OSError:
            self._cut()
            raise
        self._end += written

    def peek(self, max_bytes: int) -> bytes:
        """The next whole lines: as many as fit `max_bytes`, yet at least one. Raises: OSError."""
        while self._fd is not None and self.unread_bytes:
            chunk = os.pread(self._fd, min(max_bytes, self.unread_bytes), self._begin)
            whole = chunk.rfind(b"\n") + 1
            if whole:
                return chunk[:whole]
            if len(chunk) < max_bytes:
                break
            max_bytes *= 2
        raise OSError(f"{self.path} is shorter than what was written to it")

    def advance(self, size: int) -> None:
        """Take the first `size` unread bytes as read."""
        self._begin += size
        if self._begin == self._end:
            self._begin = self._end = 0
            self._cut()

    def rewrite(self, before: Iterable[bytes], after: Iterable[bytes]) -> None:
        """Make the file hold `before`, what was unread, and `after`. Raises: OSError."""
        partial = self.path.with_name(f"{self.path.name}.partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.writelines(before)
            while self._fd is not None and self.unread_bytes:
                chunk = os.pread(self._fd, min(COPY_BYTES, self.unread_bytes), self._begin)
                if not chunk:
                    break
                file.write(chunk)
                self._begin += len(chunk)
            file.writelines(after)
        partial.replace(self.path)

    def close(self) -> None:
        """Release the file; it stays."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def remove(self) -> None:
        """Close, and leave no file behind."""
        if self._fd is not None:
            self.close()
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _cut(self) -> None:
        """Give the disk back what lies past the end."""
        if self._fd is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._end)
