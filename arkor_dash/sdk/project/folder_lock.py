"""A lock on a folder of the project."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from arkor_dash.protocol.files import lock

SHARED_WAIT_S = 60.0
"""How long to wait for a shared lock: a build holds the exclusive lock while it removes one snapshot."""


class FolderLock(contextlib.AbstractContextManager[None]):
    """A shared lock for a process that uses a folder, or an exclusive one for a process that removes it.

    The lock ends with the `with` block, or with the process. Where the file system has no locks, or on Windows, the
    shared lock always succeeds and the exclusive lock always fails, so that nothing is removed.
    Raises: OSError: the folder does not exist, or another process holds the lock. The exclusive lock doesn't wait.
    """

    def __init__(self, folder: Path, *, exclusive: bool = False) -> None:
        self._descriptor = -1
        if sys.platform == "win32":  # which can't open folders
            if exclusive:
                raise OSError("folders can't be locked on Windows")
            return
        self._descriptor = os.open(folder, os.O_RDONLY)
        try:
            lock(self._descriptor, shared=not exclusive, wait_s=0.0 if exclusive else SHARED_WAIT_S)
        except BlockingIOError:
            self.__exit__()
            raise
        except OSError:
            if exclusive:
                self.__exit__()
                raise

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
