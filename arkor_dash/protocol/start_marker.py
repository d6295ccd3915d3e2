"""Finds the line `[arkor:<hex>] Started job <id>` in the output of a run of `arkor dev`.

The line is for the Studio, which has to know the run's job. Its hexadecimal number is new for each run, so that a
program can't print such a line by chance. It comes first, unless the program has printed something before.
"""

from __future__ import annotations

import re

from .exit_trailer import beginning

LINES_SEARCHED = 20
"""The number of lines at the start of the output that are searched."""
ID_LIMIT = 512
_MARKER = re.compile(rb"\[arkor:[0-9a-f]{8,64}\] Started job (?P<id>[^\s]{1,%d})\r?\n" % ID_LIMIT)
_REST = beginning(b"] Started job ", rb"[^\s]{0,%d}\r?" % ID_LIMIT)
_BEGUN = re.compile(rb"%b\Z" % beginning(b"[arkor:", rb"[0-9a-f]{0,64}%b" % _REST))


class StartMarker:
    """Takes the marker out of the output. Holds back bytes that may be the marker until more bytes follow.

    Attributes: job_id: the job's id; None if there was no marker yet.
    """

    def __init__(self) -> None:
        self.job_id: str | None = None
        self._held = b""
        self._lines_left = LINES_SEARCHED

    def feed(self, output: bytes, *, final: bool = False) -> bytes:
        """The output without the marker. `final` says that no more will follow."""
        if self._lines_left <= 0:
            return output
        data, self._held = self._held + output, b""
        found = _MARKER.search(data)
        if found is not None:
            self.job_id = found["id"].decode("utf-8", "replace")
            self._lines_left = 0
            return data[: found.start()] + data[found.end() :]
        start = _possible_start(data)
        if final:
            start = len(data)
        self._lines_left -= data.count(b"\n", 0, start)
        if self._lines_left <= 0:
            return data
        self._held = data[start:]
        return data[:start]


def _possible_start(data: bytes) -> int:
    """The index in `data` where an incomplete marker may begin; `len(data)` if there is none."""
    start = data.find(b"[", data.rfind(b"\n") + 1)
    while start >= 0:
        if _BEGUN.match(data, start):
            return start
        start = data.find(b"[", start + 1)
    return len(data)
