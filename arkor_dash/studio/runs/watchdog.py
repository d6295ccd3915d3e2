"""Finds the scripts that have stopped reporting."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

HEARTBEAT_S = 5.0
"""How often a script that has nothing to report sends a heartbeat."""
SILENCE_LIMIT_S = 25.0
"""The job of a dead script must be failed within 30 s. The rest is for a tick and a write to the database."""
TICK_S = 1.0
LONGEST_TICK_S = 2.0


class Reporter(Protocol):
    """The part of a run that the watchdog uses."""

    silent_s: float
    """Seconds since its last request."""

    @property
    def is_reporting(self) -> bool:
        """Whether a request of the run is being received now."""


R = TypeVar("R", bound=Reporter)


class Watchdog:
    """Counts how long each run has been silent, tick by tick, on the Studio's monotonic clock.

    A late tick counts as `LONGEST_TICK_S` at most. It is late when the Studio was stopped or starved, or when
    the machine slept. Nobody could report in that time.
    """

    def __init__(self, now_s: float) -> None:
        self._last_s = now_s

    def tick(self, now_s: float, runs: Iterable[R]) -> list[R]:
        """The runs that have been silent for `SILENCE_LIMIT_S`."""
        passed_s = min(now_s - self._last_s, LONGEST_TICK_S)
        self._last_s = now_s
        silent = []
        for run in runs:
            run.silent_s = 0.0 if run.is_reporting else run.silent_s + passed_s
            if run.silent_s >= SILENCE_LIMIT_S:
                silent.append(run)
        return silent
