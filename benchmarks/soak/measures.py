"""What the soak's own process holds, sampled, and whether it stays the same."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass

import numpy as np
import psutil

MB = 1024 * 1024
WARM_UP_SHARE, LONGEST_WARM_UP_S = 0.25, 300.0
SHORTEST_JUDGED_S = 600.0
RISE_SHARE = 0.05
RULE = (
    f"After the warm-up (a quarter of the run, {LONGEST_WARM_UP_S:g} s at most), the line of least squares through "
    f"the samples rises until the end by less than {RISE_SHARE:.0%} of what it starts at for the memory that the "
    "program holds, by less than twice that share for its resident memory, and by less than 3 for the threads and "
    "the file descriptors. That holds for runs of ten minutes and more. With all closed, threads and descriptors are "
    "as many as before the start."
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


@dataclass(frozen=True, slots=True)
class Trend:
    """The line through one measure after the warm-up: where it starts, what it rises by until the end, in an hour."""

    start: float
    rise: float
    per_hour: float


def warm_up_s(samples: list[Sample]) -> float:
    return min(samples[-1].at_s * WARM_UP_SHARE, LONGEST_WARM_UP_S)


def trend(samples: list[Sample], measure: str) -> Trend:
    """Needs two samples after the warm-up."""
    judged = [one for one in samples if one.at_s >= warm_up_s(samples)]
    times = np.array([one.at_s for one in judged])
    slope, start = np.polyfit(times - times[0], [float(getattr(one, measure)) for one in judged], 1)
    return Trend(float(start), float(slope * (times[-1] - times[0])), float(slope * 3_600))


def not_flat(samples: list[Sample], idle: Sample, after: Sample) -> list[str]:
    """What breaks the `RULE`, in words; nothing for a run that is too short to be judged by its trend."""
    found = []
    for measure in ("threads", "descriptors"):
        before, left = getattr(idle, measure), getattr(after, measure)
        if left > before:
            found.append(f"{left} {measure} are left in the end, of {before} before the start")
    if samples[-1].at_s < SHORTEST_JUDGED_S:
        return found
    for measure, share in (("held_mb", 1), ("rss_mb", 2)):
        line = trend(samples, measure)
        if line.rise > share * RISE_SHARE * line.start:
            found.append(f"{measure} rises by {line.rise:,.1f} from {line.start:,.1f}")
    for measure in ("threads", "descriptors"):
        line = trend(samples, measure)
        if line.rise >= 3:
            found.append(f"{measure} rise by {line.rise:.1f} from {line.start:.1f}")
    return found
