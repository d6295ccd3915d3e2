"""The event stream of one job, read once for all viewers."""

from .connection import Closed, Connecting, Connection, Interrupted, Live, Refused
from .first_events import wait_for_first_events
from .gaps import Recovery
from .reader import JobFeed
from .registry import FeedRegistry
from .snapshot import LOG_ROWS, FeedSnapshot, LogRow, StreamFacts, Terminal

__all__ = [
    "LOG_ROWS",
    "Closed",
    "Connecting",
    "Connection",
    "FeedRegistry",
    "FeedSnapshot",
    "Interrupted",
    "JobFeed",
    "Live",
    "LogRow",
    "Recovery",
    "Refused",
    "StreamFacts",
    "Terminal",
    "wait_for_first_events",
]
