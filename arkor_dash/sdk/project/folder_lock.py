"""A lock on a folder that ends with its holder, however that ends."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path


class FolderLock(contextlib.AbstractContextManager[None]):
    """Shared by those who use a folder, exclusive for who removes it; held until exit or the process's end.

    Where a file system knows no locks, a shared one always succeeds and an exclusive one never.
    Raises: OSError: there is no such folder, or an exclusive lock can't be had now.
    """

    def __init__(self, folder: Path, *, exclusive: bool = False) -> None:
        self._fd = -1
        if sys.platform == "win32":
            if exclusive:
                raise OSError("folders can't be locked on this system")
            return
        import fcntl  # noqa: PLC0415  # POSIX only

        self._fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH)
        except OSError:
            if exclusive:
                self.__exit__()
                raise

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
