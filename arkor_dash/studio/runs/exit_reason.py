"""The reason why a child process ended, as text for the viewers of the dashboard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from arkor_dash.protocol.exit_codes import signal_name
from arkor_dash.protocol.files import open_regular
from arkor_dash.protocol.terminal import plain_text

CANNOT_RUN = 126
"""The exit code of a command that can't be run. A shell uses the same, and so does `guardian.py`."""
TAIL_BYTES = 65_536
TAIL_LINES = 20
LINE_LIMIT = 500
_START = "Traceback (most recent call last):"
_FRAME = re.compile(r'  File "(?P<file>.+)", line \d+(?P<in>, in .+)?$')
_HINTS = {"SIGKILL": "often out of memory", "SIGSEGV": "a crash in native code"}


def cause_of_end(exit_code: int) -> str:
    """`was killed by SIGKILL (often out of memory)`, `ended with exit code 3`, …

    Args: exit_code: that of the child; negative for the signal that ended it.
    """
    if exit_code > 0:
        return f"ended with exit code {exit_code}" + (
            " (could not be run)" if exit_code == CANNOT_RUN else ""
        )
    if exit_code == 0:
        return "ended without completing (exit code 0)"
    name = signal_name(-exit_code)
    hint = _HINTS.get(name)
    return f"was killed by {name or f'signal {-exit_code}'}" + (f" ({hint})" if hint else "")


def last_lines(log: Path, count: int = TAIL_LINES) -> str:
    """The last lines of a log that are not blank, each cut to `LINE_LIMIT`. "" if there is no log."""
    try:
        with open_regular(log) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            text = plain_text(file.read(TAIL_BYTES))
    except OSError:
        return ""
    lines = [line.rstrip() for line in text.split("\n") if line.strip()]
    return "\n".join(line if len(line) <= LINE_LIMIT else f"{line[:LINE_LIMIT]}…" for line in lines[-count:])


def reason_of_death(exit_code: int, log: Path) -> str:
    """The error of a run that ended without a terminal event."""
    return with_last_lines(f"The trainer {cause_of_end(exit_code)}.", log)


def with_last_lines(cause: str, log: Path) -> str:
    """`cause`, followed by the last lines of the log if it has any."""
    tail = last_lines(log)
    return f"{cause}\nLast lines of its output:\n{tail}" if tail else cause


def useful_part(text: str, folders: Sequence[Path]) -> str:
    """The last traceback in `text`, reduced to the frames of files in `folders`.

    A text without a traceback is returned unchanged.
    """
    _, found, rest = text.rpartition(_START)
    if not found:
        return text.strip()
    kept: list[str] = []
    keeping = True
    for line in rest.strip("\n").split("\n"):
        frame = _FRAME.match(line)
        if frame:
            # The frame of a syntax error names no function. It is always kept.
            keeping = frame["in"] is None or _is_in(frame["file"], folders)
        elif not line.startswith(" "):
            keeping = True
        if keeping:
            kept.append(line)
    if any(_FRAME.match(line) for line in kept):
        kept.insert(0, _START)
    return "\n".join(kept).strip()


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters of the text: its beginning and its end."""
    if len(text) <= limit:
        return text
    half = (limit - 3) // 2
    return f"{text[:half]}\n…\n{text[-half:]}"


def _is_in(file: str, folders: Sequence[Path]) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in folders)
