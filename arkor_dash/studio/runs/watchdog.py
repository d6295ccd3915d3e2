"""Which scripts have fallen silent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .external import ExternalRun

HEARTBEAT_S = 5.0
"""How often a script that has nothing to report says that it lives."""
SILENCE_LIMIT_S = 25.0
"""With what a tick and a stroke of the database take, a dead script's job is failed within 30 s."""
TICK_S = 1.0
LONGEST_TICK_S = 2.0


class Watchdog:
    """Adds up each run's silence, tick by tick, on the Studio's own monotonic clock.

    A tick that comes late counts for `LONGEST_TICK_S` only: while the Studio itself was stopped or starved, or the
    machine slept, nobody could be heard.
    """

    def __init__(self, now_s: float) -> None:
        self._last_s = now_s

    def tick(self, now_s: float, runs: Iterable[ExternalRun]) -> list[ExternalRun]:
        """The runs that were silent for `SILENCE_LIMIT_S`."""
        passed_s = min(now_s - self._last_s, LONGEST_TICK_S)
        self._last_s = now_s
        silent = []
        for run in runs:
            run.silent_s = 0.0 if run.is_reporting else run.silent_s + passed_s
            if run.silent_s >= SILENCE_LIMIT_S:
                silent.append(run)
        return silent
