"""Log lines that repeat are written once a minute, with how often they were repeated."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

INTERVAL_S = 60.0
MOST_LINES = 100
"""The most lines that are told apart. Further ones of a logger count as the same: a client that can choose a part of
a line, such as its `Origin`, could fill the disk."""
_REPEAT = "arkor_is_repeat"
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+", re.IGNORECASE)


@dataclass(slots=True)
class _Line:
    """The latest `record` of lines that are the same, when one was written, and how many were dropped since."""

    record: logging.LogRecord
    written_at: float
    repeats: int = 0


class RepeatFilter(logging.Filter):
    """Drops warnings and errors that repeat within `INTERVAL_S`. At its end, writes the latest one and their number.

    Two lines of one logger are the same if they differ only in numbers, such as a port or the name of a task, or if
    there are more than `MOST_LINES` lines.
    The same filter can be given to many handlers. Thread-safe.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, int, str | None], _Line] = {}
        self._timer: threading.Timer | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write the record. A record that reaches several handlers is counted once."""
        if record.levelno >= logging.WARNING and not hasattr(record, _REPEAT):
            setattr(record, _REPEAT, self._is_repeat(record))
        return not getattr(record, _REPEAT, False)

    def report(self) -> None:
        """Write the number of the repeats of each line that was written `INTERVAL_S` ago or earlier."""
        for record, repeats in self._due():
            text = f"{_message(record)} ({repeats} more like this within {INTERVAL_S:g} s)"
            summary = logging.LogRecord(
                record.name, record.levelno, record.pathname, record.lineno, text, None, None
            )
            setattr(summary, _REPEAT, False)
            logging.getLogger(record.name).handle(summary)

    def _is_repeat(self, record: logging.LogRecord) -> bool:
        key: tuple[str, int, str | None]
        key = (record.name, record.levelno, _NUMBERS.sub("0", _message(record)))
        with self._lock:
            if key not in self._lines and len(self._lines) >= MOST_LINES:
                key = (record.name, record.levelno, None)
            line = self._lines.get(key)
            if line is not None:
                line.record = record
                line.repeats += 1
                return True
            self._lines[key] = _Line(record, self._clock())
            self._schedule()
            return False

    def _due(self) -> list[tuple[logging.LogRecord, int]]:
        now = self._clock()
        due = []
        with self._lock:
            for key, line in list(self._lines.items()):
                if now - line.written_at < INTERVAL_S:
                    continue
                if line.repeats:
                    due.append((line.record, line.repeats))
                    line.written_at, line.repeats = now, 0
                else:
                    del self._lines[key]
            self._timer = None
            self._schedule()
        return due

    def _schedule(self) -> None:
        """Have `report` called when the oldest line is due. The lock is held."""
        if self._timer is not None or not self._lines:
            return
        oldest = min(line.written_at for line in self._lines.values())
        self._timer = threading.Timer(max(0.1, oldest + INTERVAL_S - self._clock()), self.report)
        self._timer.daemon = True
        with contextlib.suppress(RuntimeError):  # the interpreter is ending
            self._timer.start()


def _message(record: logging.LogRecord) -> str:
    """The record's text; its format, if that does not fit its arguments. The handler reports that mistake itself."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - what a foreign `__str__` raises
        return record.msg if isinstance(record.msg, str) else type(record.msg).__name__


def write_repeats_once_a_minute() -> None:
    """Give the filter to every handler that the server's libraries have set up by now."""
    repeats = RepeatFilter()
    for handler in _handlers():
        handler.addFilter(repeats)


def _handlers() -> Iterator[logging.Handler]:
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    found = {
        handler for logger in loggers if isinstance(logger, logging.Logger) for handler in logger.handlers
    }
    yield from found
    if logging.lastResort is not None:  # writes the warnings of loggers without a handler
        yield logging.lastResort
