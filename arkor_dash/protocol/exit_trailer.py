"""Finds the exit code at the end of a run's output, where the Studio appends `\\n---\\nexit=<code>\\n`."""

from __future__ import annotations

import re

_OPENING = b"\n---\nexit="
_CODE = re.compile(rb"-?\d{0,10}\n?")
_WHOLE = re.compile(rb"\n---\nexit=(-?\d{1,10})\n")
_LONGEST = len(_OPENING) + 12


class ExitTrailer:
    """Separates the trailer from the output. Holds back bytes that may be the trailer until more bytes follow."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The bytes that are certainly output and were not returned before."""
        data = self._held + data
        start = _possible_start(data)
        self._held = data[start:]
        return data[:start]

    def end(self) -> tuple[bytes, int | None]:
        """At the end of the output: the bytes held back, and the exit code if they are a complete trailer."""
        whole = _WHOLE.fullmatch(self._held)
        held, self._held = self._held, b""
        return (b"", int(whole[1])) if whole else (held, None)


def _possible_start(data: bytes) -> int:
    """The index in `data` where a complete or partial trailer may begin; `len(data)` if there is none."""
    start = data.find(b"\n", max(0, len(data) - _LONGEST))
    while start >= 0:
        rest = data[start:]
        if _OPENING.startswith(rest) or (rest.startswith(_OPENING) and _CODE.fullmatch(rest, len(_OPENING))):
            return start
        start = data.find(b"\n", start + 1)
    return len(data)
