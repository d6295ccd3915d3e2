"""What a run writes to the terminal, or to the log that a Studio keeps of it."""

from __future__ import annotations

import contextlib
import io
import sys


def say(line: str) -> None:
    """One whole line on stdout. A full disk or a closed pipe behind it must not end a training."""
    _write(sys.stdout, line)


def warn(line: str) -> None:
    """One whole line on stderr, as `say`."""
    _write(sys.stderr, line)


def follow_lines() -> None:
    """Hand on each line as it is printed, also into a pipe, and never fail for an unprintable character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                line_buffering=True,
                errors="backslashreplace",
                encoding=None if stream.isatty() else "utf-8",
            )


def _write(stream: io.TextIOBase | object, line: str) -> None:
    if not hasattr(stream, "write"):
        return
    with contextlib.suppress(OSError, ValueError):
        stream.write(f"{line}\n")
        stream.flush()  # type: ignore[attr-defined]
