"""Memory, threads and open files of the soak's own process, and the rule that finds leaks."""

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
    f"The run has {PHASES} phases. After each, everything is closed, and threads and descriptors are as many as "
    "before the start. In a run of ten minutes or more, the memory held after the last phase exceeds that after the "
    f"first by less than {RISE:.0%}."
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A measurement `at_s` seconds after the start.

    `held_mb` is the memory that the program has allocated and not freed. `rss_mb` also has the allocator's
    fragmentation, which grows for a while in any process whose objects differ in size and lifetime.
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
    """The bytes that malloc has handed out, in its arena and by mmap.

    Raises: AttributeError: the C library is not glibc 2.33 or newer.
    """
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _MallInfo
    info = mallinfo2()
    return int(info.uordblks + info.hblkhd)


def leaks(idle: Sample, rests: list[Sample]) -> list[str]:
    """The violations of `RULE`, each as a sentence. `rests` are the samples after the phases."""
    found = []
    for measure in ("threads", "descriptors"):
        before, left = getattr(idle, measure), max(getattr(rest, measure) for rest in rests)
        if left > before:
            found.append(f"{left} {measure} at the end, {before} before the start")
    if rests[-1].at_s < SHORTEST_JUDGED_S:
        return found
    first, last = rests[0].held_mb, rests[-1].held_mb
    if last > first * (1 + RISE):
        found.append(f"the memory held rose from {first:.1f} to {last:.1f} MB")
    return found
