"""One job's stream, read once for all who watch it."""

from .connection import Closed, Connecting, Connection, Interrupted, Live, Refused
from .snapshot import LOG_ROWS, FeedSnapshot, LogRow, StreamFacts, Terminal

__all__ = [
    "LOG_ROWS",
    "Closed",
    "Connecting",
    "Connection",
    "FeedSnapshot",
    "Interrupted",
    "Live",
    "LogRow",
    "Refused",
    "StreamFacts",
    "Terminal",
]
