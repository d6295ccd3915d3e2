"""Waits for the events that the stream of a job delivers at once, so that its page is drawn with them."""

from __future__ import annotations

import time

from .connection import Connecting, Live
from .reader import JobFeed

SETTLED_S = 0.01
"""Seconds without a further event after which the first ones have arrived."""


def wait_for_first_events(feed: JobFeed, limit_s: float) -> None:
    """Return when the first events have arrived, when it is clear that there are none, or after `limit_s`."""
    deadline = time.monotonic() + limit_s
    version = None
    while time.monotonic() < deadline:
        if feed.has_events:  # a snapshot would now make the event log, too
            if feed.version == version:
                return
        elif not isinstance(feed.snapshot().connection, Connecting | Live):
            return
        version = feed.version
        time.sleep(SETTLED_S)
