"""The line with which a Studio ends a run's output, told from output that merely looks like it."""

from __future__ import annotations

import re

_OPENING = b"\n---\nexit="
_CODE = re.compile(rb"-?\d{0,10}\n?")
_WHOLE = re.compile(rb"\n---\nexit=(-?\d{1,10})\n")
_LONGEST = len(_OPENING) + 12


class ExitTrailer:
    """Holds back what may be the trailer `\\n---\\nexit=<code>\\n` until it is known whether it is."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What is certainly output, of all that came so far and was not returned before."""
        data = self._held + data
        start = _possible_start(data)
        self._held = data[start:]
        return data[:start]

    def end(self) -> tuple[bytes, int | None]:
        """What was held back after all, and the exit code if the output ended with a whole trailer."""
        whole = _WHOLE.fullmatch(self._held)
        held, self._held = self._held, b""
        return (b"", int(whole[1])) if whole else (held, None)


def _possible_start(data: bytes) -> int:
    """Where a trailer may begin that `data` ends with, whole or in part; the end if there can be none."""
    start = data.find(b"\n", max(0, len(data) - _LONGEST))
    while start >= 0:
        rest = data[start:]
        if _OPENING.startswith(rest) or (rest.startswith(_OPENING) and _CODE.fullmatch(rest, len(_OPENING))):
            return start
        start = data.find(b"\n", start + 1)
    return len(data)
