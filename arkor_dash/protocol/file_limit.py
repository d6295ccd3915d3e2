"""The limit on the open files and connections of this process."""

from __future__ import annotations

import contextlib
import sys

FILE_LIMITS = (65_536, 10_240)
"""Numbers of open files and connections to ask for, best first. macOS allows 10,240 at most."""


def raise_file_limit() -> None:
    """Raise the limit as far as the system allows, so that many open connections don't block new ones."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - POSIX only

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in FILE_LIMITS:
        wanted = limit if hard == resource.RLIM_INFINITY else min(hard, limit)
        if soft == resource.RLIM_INFINITY or soft >= wanted:
            return
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return


def file_limit() -> float:
    """How many files and connections this process may have open; infinity if there is no limit."""
    if sys.platform == "win32":
        return float("inf")
    import resource  # noqa: PLC0415 - POSIX only

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float("inf") if soft == resource.RLIM_INFINITY else soft
