"""The part of a Python traceback that helps the author of the failing file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_START = "Traceback (most recent call last):"
_FRAME = re.compile(r'  File "(?P<file>.+)", line \d+(?P<in>, in .+)?$')


def useful_part(text: str, folders: Sequence[Path]) -> str:
    """`text` with its last traceback cut to the frames of files in `folders`, and what came before gone.

    A text without a traceback comes back as it is.
    """
    _, found, rest = text.rpartition(_START)
    if not found:
        return text.strip()
    kept: list[str] = []
    keeping = True
    for line in rest.strip("\n").split("\n"):
        frame = _FRAME.match(line)
        if frame:
            # A syntax error's own place has no function, and is always of use.
            keeping = frame["in"] is None or _is_in(frame["file"], folders)
        elif not line.startswith(" "):
            keeping = True
        if keeping:
            kept.append(line)
    if any(_FRAME.match(line) for line in kept):
        kept.insert(0, _START)
    return "\n".join(kept).strip()


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters of it: how it begins and how it ends."""
    if len(text) <= limit:
        return text
    half = (limit - 3) // 2
    return f"{text[:half]}\n…\n{text[-half:]}"


def _is_in(file: str, folders: Sequence[Path]) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in folders)
