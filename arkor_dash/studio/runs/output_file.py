"""The output of a script, stored piece by piece as the script sends it."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

from arkor_dash.protocol.files import SAFE_OPEN
from arkor_dash.studio.errors import OutputGapError


class OutputFile:
    """Appends to the file at `path`, which must exist. Thread-safe: a piece may be sent again before it is stored."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def append(self, offset: int, piece: bytes) -> int:
        """Store `piece`, which begins at the byte `offset` of the output. Blocks. Returns the number of stored bytes.

        What is stored already is not stored again. After an error, a part of the piece may be stored.
        Raises: OutputGapError: `offset` is beyond what is stored. FileNotFoundError: there is no such regular file.
            OSError: it can't be written.
        """
        with self._lock:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | SAFE_OPEN)
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise FileNotFoundError(self._path)
                if offset > status.st_size:
                    raise OutputGapError(status.st_size)
                rest = memoryview(piece)[status.st_size - offset :]
                stored = status.st_size + len(rest)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                return stored
            finally:
                os.close(descriptor)
