"""Bytes that a program prints, as the lines that a terminal would show."""

from __future__ import annotations

import codecs
import re
from collections import deque

LINES_KEPT = 5_000
CHARACTERS_KEPT = 1_000_000
"""Characters of the lines that are kept, the newest first; with both limits a page can always show them."""
LINE_LIMIT = 4_000
"""Characters of a line that are kept; an ellipsis stands for the rest."""
ESCAPE_LIMIT = 4_096
"""Characters after which an escape code that has not ended is taken for none."""

# ECMA-48: control sequences, strings up to their terminator (never past the line), other escapes.
_TOKEN = re.compile(
    r"\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
    r"|(?P<end>\n)|(?P<return>\r)|(?P<back>\x08)"
    r"|(?P<text>[^\x00-\x08\x0a-\x1f\x7f-\x9f]+)|[\x00-\x1f\x7f-\x9f]"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[]PX^_][^\x07\x1b\n]*\x1b?|[ -/]*)\Z")


class Terminal:
    """Lines, of which the last can still change: a carriage return or a backspace goes back within it.

    Escape codes are dropped, but for the erasing of a line. Taking in n characters costs O(n).
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._lines: deque[str] = deque()
        self._characters = 0
        self._ended = 0
        self._line: list[str] = []
        self._column = 0
        self._too_long = False
        self._unfinished = ""

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Take in what comes next; `final`: nothing comes after it."""
        text = self._unfinished + self._decoder.decode(data, final)
        unfinished = _UNFINISHED.search(text)
        if unfinished and (final or len(unfinished[0]) <= ESCAPE_LIMIT):
            text, self._unfinished = text[: unfinished.start()], unfinished[0]
        else:
            self._unfinished = ""
        for token in _TOKEN.finditer(text):
            self._take(token)

    @property
    def total(self) -> int:
        """Lines so far, the unfinished one included unless it is empty."""
        return self._ended + bool(self._line)

    def lines(self) -> tuple[str, ...]:
        """The newest lines, at most `LINES_KEPT` and the one that is not finished."""
        return (*self._lines, self._current()) if self._line else tuple(self._lines)

    def _take(self, token: re.Match[str]) -> None:
        match token.lastgroup:
            case "text":
                self._write(token["text"])
            case "end":
                self._end_line()
            case "return":
                self._column = 0
            case "back":
                self._column = max(0, self._column - 1)
            case "final" if token["final"] == "K":
                self._erase(token["parameters"])

    def _end_line(self) -> None:
        line = self._current()
        self._lines.append(line)
        self._characters += len(line)
        self._ended += 1
        self._line, self._column, self._too_long = [], 0, False
        while len(self._lines) > LINES_KEPT or self._characters > CHARACTERS_KEPT:
            self._characters -= len(self._lines.popleft())

    def _write(self, text: str) -> None:
        start, self._column = self._column, self._column + len(text)
        self._too_long = self._too_long or self._column > LINE_LIMIT
        shown = text[: max(0, LINE_LIMIT - start)]
        if shown:
            self._line += " " * (start - len(self._line))
            self._line[start : start + len(shown)] = shown

    def _erase(self, mode: str) -> None:
        """Erase in line: to its end, to its start, or all of it. Source: ECMA-48, EL."""
        if mode in {"", "0"}:
            del self._line[self._column :]
        elif mode == "1":
            width = min(self._column + 1, len(self._line))
            self._line[:width] = " " * width
        elif mode == "2":
            self._line.clear()
            self._too_long = False

    def _current(self) -> str:
        return "".join(self._line) + ("…" if self._too_long else "")
