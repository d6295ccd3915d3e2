"""What a run writes to the terminal, or to the log that a Studio keeps of it."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import TextIO


def say(line: str) -> None:
    """One whole line on stdout. A full disk or a closed pipe behind it must not end a training."""
    _write(sys.stdout, line)


def warn(line: str) -> None:
    """One whole line on stderr, as `say`."""
    _write(sys.stderr, line)


def follow_lines() -> None:
    """Flush stdout and stderr after each line, into a pipe too, and escape what they can't encode."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                line_buffering=True,
                errors="backslashreplace",
                encoding=None if stream.isatty() else "utf-8",
            )


def _write(stream: TextIO | None, line: str) -> None:
    if stream is None:  # as where a process was started without streams
        return
    with contextlib.suppress(OSError, ValueError):
        stream.write(f"{line}\n")
        stream.flush()
