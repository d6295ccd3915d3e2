"""What the soak's own process holds, sampled, and whether it stays the same."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass

import psutil

MB = 1024 * 1024
PHASES = 3
SHORTEST_JUDGED_S = 600.0
RISE = 0.05
RULE = (
    f"The run has {PHASES} phases, and after each everything is closed. Threads and descriptors are then as many as "
    "before the start. In runs of ten minutes and more, the memory that the program holds rises from the first such "
    f"rest to the last by less than {RISE:.0%}."
)


@dataclass(frozen=True, slots=True)
class Sample:
    """`at_s` from the start. `held_mb`: what the program has allocated and not freed.

    `rss_mb` has in addition what the allocator keeps between what is held, which grows for a while in any process
    whose objects are of mixed sizes and ages.
    """

    at_s: float
    held_mb: float
    rss_mb: float
    threads: int
    descriptors: int


def sample(at_s: float) -> Sample:
    process = psutil.Process()
    return Sample(
        at_s,
        _held_bytes() / MB,
        process.memory_info().rss / MB,
        threading.active_count(),
        process.num_fds(),
    )


class _MallInfo(ctypes.Structure):
    """`struct mallinfo2` of the GNU C library, mallinfo(3)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    )


def _held_bytes() -> int:
    """What malloc has given out, in its one arena and mapped. Raises: AttributeError: this is not glibc 2.33."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _MallInfo
    info = mallinfo2()
    return int(info.uordblks + info.hblkhd)


def not_flat(idle: Sample, rests: list[Sample]) -> list[str]:
    """What breaks the `RULE`, in words. `rests`: after each phase, with everything closed."""
    found = []
    for measure in ("threads", "descriptors"):
        before, left = getattr(idle, measure), max(getattr(rest, measure) for rest in rests)
        if left > before:
            found.append(f"{left} {measure} are left in the end, of {before} before the start")
    if rests[-1].at_s < SHORTEST_JUDGED_S:
        return found
    first, last = rests[0].held_mb, rests[-1].held_mb
    if last > first * (1 + RISE):
        found.append(f"the memory held rises from {first:.1f} to {last:.1f} MB")
    return found
