"""Lines that a run prints to the terminal, or to the output log of the Studio."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import TextIO


def say(line: str) -> None:
    """Print a line to stdout. A full disk or a closed pipe must not end a training, so errors are ignored."""
    _write(sys.stdout, line)


def warn(line: str) -> None:
    """Print a line to stderr, as `say` does."""
    _write(sys.stderr, line)


def use_line_buffering() -> None:
    """Flush stdout and stderr after each line, also into a pipe, and escape characters they can't encode."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                line_buffering=True,
                errors="backslashreplace",
                encoding=None if stream.isatty() else "utf-8",
            )


def _write(stream: TextIO | None, line: str) -> None:
    if stream is None:  # a process without streams, such as pythonw
        return
    with contextlib.suppress(OSError, ValueError):
        stream.write(f"{line}\n")
        stream.flush()
