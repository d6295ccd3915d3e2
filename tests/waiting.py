"""Waits for other threads and processes, without a fixed sleep."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import IO, AnyStr

PATIENCE_S = 150.0
"""Long enough for a busy machine."""


def wait_until(
    condition: Callable[[], object], timeout_s: float = PATIENCE_S, what: str = "the condition"
) -> None:
    """Return once `condition` is true. Fail the test if it is not within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not hold within {timeout_s:g} s")
        time.sleep(0.01)  # a poll, not a wait: the loop ends with the condition


def read_line(pipe: IO[AnyStr], timeout_s: float = PATIENCE_S) -> AnyStr:
    """The next line of a process's output, empty at its end. Fail the test if there is none within `timeout_s`."""
    lines: queue.SimpleQueue[AnyStr] = queue.SimpleQueue()

    def read() -> None:
        lines.put(pipe.readline())  # has a limit: whoever needs the line waits for the queue, with one

    threading.Thread(target=read, daemon=True).start()
    try:
        return lines.get(timeout=timeout_s)
    except queue.Empty:
        raise AssertionError(f"there was no line within {timeout_s:g} s") from None
