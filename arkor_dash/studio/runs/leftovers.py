"""Ends the processes that a run has left behind. They are found by a mark in their environment.

Process groups and parents don't find all of them: a process can start a session of its own, and nobody adopts it
once the guardian is dead. The environment is inherited by whatever a run starts.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time

MARK_VARIABLE = "ARKOR_RUN_MARK"
"""Unlike the other variables of a run, the SDK leaves it in the environment, so that all workers inherit it."""
LIMIT_S = 5.0
PAUSE_S = 0.01
QUIET_PASSES = 2
"""Passes without a find before the search ends: a process that is just executing a program has no environment."""
log = logging.getLogger(__name__)


def run_mark(folder_mark: str, run: str) -> str:
    """The mark of one run of the Studio whose state folder has the mark `folder_mark`."""
    return f"{folder_mark}:{run}"


def end_marked(mark: str) -> int:
    """Kill the processes with this mark: that of one run, or of a state folder for all its runs. Blocks.

    This process and its parents are spared: somebody may have started a Studio inside a run.
    Returns: how many processes were killed.
    """
    import psutil  # noqa: PLC0415 - only needed when something has ended, and takes a part of the start-up

    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    killed: set[int] = set()
    quiet, deadline = 0, time.monotonic() + LIMIT_S
    while quiet < QUIET_PASSES:
        quiet += 1
        for process in psutil.process_iter():
            # It may have ended, or belong to another user. psutil signals no other process with a reused number.
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid not in spared and _is_marked(process.environ(), mark):
                    process.kill()
                    killed.add(process.pid)
                    quiet = 0
        if time.monotonic() > deadline:
            log.warning("Some processes of a run could not be ended within %g s", LIMIT_S)
            break
        time.sleep(PAUSE_S)
    return len(killed)


def _is_marked(environment: dict[str, str], mark: str) -> bool:
    found = environment.get(MARK_VARIABLE, "")
    return found == mark or found.startswith(f"{mark}:")
