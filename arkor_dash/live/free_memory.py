"""Gives memory that is free back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back_free_memory() -> None:
    """Return the pages that hold nothing to the system, where the C library would keep them for itself.

    glibc gives back only what lies above everything that is in use, so a single small object keeps all that was
    needed to read a long job. Other C libraries have no such call, and need none.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
