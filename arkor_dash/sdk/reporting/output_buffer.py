"""What a run has printed and the Studio has not stored yet, in bounded memory."""

from __future__ import annotations

import os
import threading

LIMIT_BYTES = 4_000_000
PIECE_BYTES = 256_000
TOO_LATE = "the Studio did not take them in time"
_DROPPED_AT_ONCE = LIMIT_BYTES // 16
_LONGEST_LINE = 4_096
_LATER_BYTE = range(0x80, 0xC0)
"""The bytes of a character in UTF-8 after its first one."""


class OutputBuffer:
    """A queue of bytes. What does not fit is dropped from the oldest, and a line says so in its place. Thread-safe.

    It belongs to the process that has created it: what a forked child adds is ignored.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._pid = os.getpid()
        # Reentrant: a signal handler or a finalizer may print at any moment, also while its thread holds the lock.
        self._lock = threading.RLock()
        self._waiting = bytearray()
        self._dropped = 0
        self._is_closed = False

    @property
    def size(self) -> int:
        """The number of bytes that wait, dropped ones included."""
        return len(self._waiting) + self._dropped

    def add(self, text: str) -> None:
        """Add what was printed, as a terminal gets it. Takes a microsecond, and raises nothing."""
        # First, since another thread may have held the lock when the process was forked.
        if os.getpid() != self._pid:
            return
        try:
            self._append(_encoded(text))
        except Exception:  # noqa: BLE001  # no output is worth an error in the training
            return

    def take(self) -> bytes:
        """Remove the oldest bytes, at most `PIECE_BYTES`, and return them, after a line about dropped ones."""
        with self._lock:
            notice = missing(self._dropped, TOO_LATE) if self._dropped else b""
            self._dropped = 0
            piece = notice + self._waiting[:PIECE_BYTES]
            del self._waiting[:PIECE_BYTES]
            return piece

    def close(self) -> None:
        """Take no more, and keep only the number of the bytes that waited."""
        with self._lock:
            self._is_closed = True
            self._dropped += len(self._waiting)
            self._waiting = bytearray()

    def _append(self, data: bytes) -> None:
        with self._lock:
            if self._is_closed:
                return
            self._waiting += data
            if len(self._waiting) > self._limit:
                self._drop(len(self._waiting) - self._limit + min(_DROPPED_AT_ONCE, self._limit // 16))

    def _drop(self, count: int) -> None:
        """Drop at least `count` bytes, to the end of a line if it is near, else to the end of a character."""
        end = self._waiting.find(b"\n", count - 1, count + _LONGEST_LINE)
        if end >= 0:
            count = end + 1
        while count < len(self._waiting) and self._waiting[count] in _LATER_BYTE:
            count += 1
        del self._waiting[:count]
        self._dropped += count


def missing(count: int, reason: str) -> bytes:
    """The line that stands for bytes that are missing."""
    return f"\n[{count} bytes are missing: {reason}]\n".encode()


def _encoded(text: str) -> bytes:
    """The text in UTF-8. A surrogate that stands for a byte becomes that byte; another one is escaped."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")
