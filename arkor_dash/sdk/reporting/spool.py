"""A first-in, first-out queue of lines in a file, for events that do not fit into memory."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from io import FileIO
from pathlib import Path

from arkor_dash.protocol.files import atomic_write


class Spool:
    """A queue of whole lines, each with its newline. `peek` may run in one thread while another calls `append`.

    Everything else is not thread-safe. The file is created by the first `append` and emptied once all lines have been
    read. A write that fails leaves the queue as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # `peek` needs its own handle: a handle has one position, and another thread may be using `_file`.
        self._file: FileIO | None = None
        self._reader: FileIO | None = None
        self._is_closed = False
        self._begin = 0  # bytes that have been read
        self._end = 0  # bytes that hold whole lines

    @property
    def unread_bytes(self) -> int:
        return self._end - self._begin

    def append(self, lines: bytes) -> None:
        """Add `lines` at the end. Raises: OSError: they can't be written; the queue is as it was."""
        if self._is_closed:
            raise OSError(f"{self.path} is closed")
        file = self._file or self._open()
        try:
            file.seek(self._end)
            rest = memoryview(lines)
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            self._truncate()
            raise
        self._end += len(lines)

    def peek(self, max_bytes: int) -> bytes:
        """The next whole lines without removing them: up to `max_bytes`, but at least one line.

        Raises: OSError: the file can't be read, or something has cut it.
        """
        reader = self._reader
        while reader is not None and self.unread_bytes:
            reader.seek(self._begin)
            chunk = reader.read(min(max_bytes, self.unread_bytes)) or b""
            whole = chunk.rfind(b"\n") + 1
            if whole:
                return chunk[:whole]
            if len(chunk) < max_bytes:
                break
            max_bytes *= 2
        raise OSError(f"{self.path} is shorter than what was written to it")

    def advance(self, size: int) -> None:
        """Remove the first `size` unread bytes, which `peek` has returned."""
        self._begin += size
        if self._begin == self._end:
            self._begin = self._end = 0
            self._truncate()

    def keep(self, before: Iterable[bytes], after: Iterable[bytes]) -> None:
        """Close the queue, and leave a file of the lines `before`, the unread lines, and the lines `after`.

        Raises: OSError: the file can't be written.
        """
        try:
            with atomic_write(self.path) as kept:
                kept.writelines(before)
                if self._file is not None:
                    self._truncate()
                    self._file.seek(self._begin)
                    shutil.copyfileobj(self._file, kept)
                kept.writelines(after)
                self.close()  # Windows replaces no open file
        finally:
            self.close()

    def close(self) -> None:
        """Close the file, which stays. A closed queue takes no more lines."""
        self._is_closed = True
        for file in (self._file, self._reader):
            if file is not None:
                file.close()
        self._file = self._reader = None

    def remove(self) -> None:
        """Close the file and remove it."""
        was_created = self._file is not None
        self.close()
        if was_created:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _open(self) -> FileIO:
        file = FileIO(self.path, "w+", opener=lambda path, flags: os.open(path, flags, 0o600))
        try:
            self._reader = FileIO(self.path)
        except OSError:
            file.close()
            raise
        self._file = file
        return file

    def _truncate(self) -> None:
        """Cut what lies past the last whole line."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(self._end)
