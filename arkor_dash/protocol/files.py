"""Files that several processes share: replaced in one step, opened safely, locked.

It uses the standard library only, so that importing the SDK stays fast. It can be imported on Windows, which has
neither POSIX file locks nor file modes: there, taking a lock fails and every file counts as private.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    SAFE_OPEN = os.O_BINARY
else:
    SAFE_OPEN = os.O_NOFOLLOW | os.O_NONBLOCK
    """Flags for `os.open`: fail on a symbolic link, and do not wait for the other end of a named pipe."""

LOCK_POLL_S = 0.05


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A new file that replaces `path` when the `with` block ends. Other processes see the old file or the new one.

    The file is readable by its owner only, and flushed to the disk before it replaces the old one. If the block
    raises, `path` stays as it was.
    Raises: OSError: the file can't be written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` as `atomic_write` does. Raises: OSError."""
    with atomic_write(path) as file:
        file.write(text.encode())


def open_regular(path: Path) -> BinaryIO:
    """The regular file at `path`, opened for reading. Never follows a symbolic link, never waits for a named pipe.

    Only the last part of `path` is checked for links.
    Raises: FileNotFoundError: nothing is there, or something other than a regular file. OSError.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | SAFE_OPEN)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
            raise FileNotFoundError(errno.ENOENT, "Not a regular file", str(path)) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "Not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def is_private(descriptor: int) -> bool:
    """Whether the open file belongs to this user, and nobody else may read or write it."""
    if sys.platform == "win32":
        return True
    status = os.fstat(descriptor)
    return status.st_uid == os.geteuid() and not status.st_mode & 0o077


def lock(descriptor: int, *, shared: bool = False, wait_s: float = 0.0) -> None:
    """Take an advisory lock (`flock`) on an open file or folder, waiting up to `wait_s` for other holders.

    The lock ends when the descriptor is closed, at the latest when the process ends or is killed. Any number of
    processes can hold a shared lock at once. An exclusive lock excludes all others.
    Raises: BlockingIOError: another process still holds the lock. OSError: the file system, or Windows, has no
    such locks.
    """
    if sys.platform == "win32":
        raise OSError(errno.ENOTSUP, "Windows has no advisory locks")
    import fcntl  # noqa: PLC0415  # POSIX only

    operation = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOCK_POLL_S)
        else:
            return
