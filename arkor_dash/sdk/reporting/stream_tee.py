"""Copies of what a process writes to its standard streams."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Any

Listener = Callable[[str], None]
_changing = threading.Lock()


class StreamTee:
    """Hands listeners a copy of each text that is written to a stream.

    It takes the place of the stream's method `write`, and not of the stream: so everything else of the stream stays
    as it is, and whoever holds the stream already, such as a handler of `logging`, is heard too. What is written in
    another way is not: through `buffer`, by C code, by other processes.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._write = stream.write
        self._is_own = "write" in vars(stream)
        self._listeners: tuple[Listener, ...] = ()

    def write(self, text: str) -> Any:
        written = self._write(text)
        for listener in self._listeners:
            listener(text)
        return written

    def add(self, listener: Listener) -> None:
        self._listeners += (listener,)
        # Not with setattr, which some wrappers of a stream pass on to the stream.
        vars(self._stream)["write"] = self.write

    def remove(self, listener: Listener) -> None:
        """Without listeners, put the stream's own method back, unless something else has taken its place."""
        self._listeners = tuple(other for other in self._listeners if other != listener)
        own = vars(self._stream)
        if not self._listeners and own.get("write") == self.write:
            if self._is_own:
                own["write"] = self._write
            else:
                del own["write"]


class StreamCapture:
    """Hands `listener` a copy of what is written to `sys.stdout` and `sys.stderr`, from `start` to `stop`.

    A stream that is replaced meanwhile is heard as long as what replaces it writes to it. A stream whose method can't
    be replaced is not heard. Args: listener: must be fast, and never raise.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._tees: list[StreamTee] = []

    def start(self) -> None:
        with _changing:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):  # a process may have any object there, or none
                    tee = _tee_of(stream)
                    if tee not in self._tees:  # both may be the same stream
                        tee.add(self._listener)
                        self._tees.append(tee)

    def stop(self) -> None:
        with _changing:
            for tee in self._tees:
                with contextlib.suppress(Exception):
                    tee.remove(self._listener)
            self._tees.clear()


def _tee_of(stream: Any) -> StreamTee:
    """The tee that is the stream's method now, else a new one."""
    tee = getattr(vars(stream).get("write"), "__self__", None)
    return tee if isinstance(tee, StreamTee) else StreamTee(stream)
