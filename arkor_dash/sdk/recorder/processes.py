"""What the training's process and its children use of the machine."""

from __future__ import annotations

import contextlib
import time

import psutil

from arkor_dash.protocol.metric_names import SYSTEM

from .gpus import GIB


class Processes:
    """The process and all its descendants, such as the workers of a data loader. Not thread-safe."""

    def __init__(self) -> None:
        self._own = psutil.Process()
        self._cpu_s: dict[psutil.Process, float] = {}
        self._at_s = 0.0
        self.measured()

    def measured(self) -> dict[str, float]:
        """Their CPU since the last call, 100 for one core, and their memory now, as metrics.

        The memory is the sum of their resident sets: what several share counts for each.
        """
        now_s, before = time.monotonic(), self._cpu_s
        elapsed_s, self._at_s, self._cpu_s = now_s - self._at_s, now_s, {}
        used_s, memory = 0.0, 0
        for process in [self._own, *self._own.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):  # it has just ended
                times = process.cpu_times()
                memory += process.memory_info().rss
                self._cpu_s[process] = times.user + times.system
                used_s += self._cpu_s[process] - before.get(process, 0.0)
        return {
            f"{SYSTEM}/cpu_percent": round(100 * max(used_s, 0.0) / max(elapsed_s, 1e-3), 1),
            f"{SYSTEM}/memory_gib": round(memory / GIB, 3),
        }
