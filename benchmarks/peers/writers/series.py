"""The data that every tool gets, and what every writer does with them. Uses the standard library only.

The writers run as scripts in the environments of their tools, in the folder that they write to.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SPIKE_STEP = 54_321
SPIKE = 8.0


def loss(step: int) -> float:
    """A falling curve with some noise, and a spike of one step."""
    if step == SPIKE_STEP:
        return SPIKE
    return 0.5 + 2.5 / (1 + step / 1000) + 0.05 * (step * 7919 % 1000) / 1000


def batches(steps: int, size: int) -> Iterator[range]:
    """The steps from 1 on, in batches."""
    return (range(first, min(first + size, steps + 1)) for first in range(1, steps + 1, size))


def log_live(log: Callable[[int, float], object], seconds: int) -> None:
    """Log one step a second, and print each step with the time just before its call."""
    start = time.monotonic()
    for step in range(1, seconds + 1):
        time.sleep(max(0.0, start + step - time.monotonic()))
        print(step, time.time(), flush=True)
        log(step, loss(step))


def arguments() -> tuple[str, int]:
    """`store` or `live`, and how many steps or seconds."""
    mode, count = sys.argv[1:]
    return mode, int(count)


def shown_at(path: str) -> None:
    """Write down the path of the page that shows the run."""
    Path("page").write_text(path, encoding="utf-8")
