"""What the SDK may print on a busy machine, and only there."""

from __future__ import annotations

import re

WAITING = re.compile(
    r"Waiting up to \S+ s for the Studio to receive the last \S+ events\. Press Ctrl-C to leave them in a file\.\n"
)


def without_wait(stderr: str) -> str:
    """The output without the line that a run prints if its last events take more than two seconds."""
    return WAITING.sub("", stderr)
