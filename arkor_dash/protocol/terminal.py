"""The text that a terminal would show of a program's output."""

from __future__ import annotations

import codecs
import re
from collections import deque

from .styled_line import Line, StyledLine, StyleRuns, line_text
from .text_style import PLAIN, restyled

LINES_KEPT = 5_000
CHARACTERS_KEPT = 1_000_000
"""Limit on the characters of all finished lines together. The oldest lines are dropped first."""
LINE_LIMIT = 4_000
"""Characters that are kept of a line. An ellipsis stands for the rest."""
PIECES_KEPT = 50_000
"""Limit on the pieces of all finished lines together. The oldest lines become plain text first."""
ESCAPE_LIMIT = 4_096
"""The most characters of an incomplete escape code that are held back. A longer one is treated as text."""

# ECMA-48: control sequences; strings up to their terminator, but never past the line; other escapes.
_TOKEN = re.compile(
    r"\x1b\[(?P<style>[0-9:;]{0,256})m"
    r"|\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
    r"|(?P<newline>\n)|(?P<carriage_return>\r)|(?P<backspace>\x08)"
    r"|(?P<text>[^\x00-\x08\x0a-\x1f\x7f-\x9f]+)|[\x00-\x1f\x7f-\x9f]"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[]PX^_][^\x07\x1b\n]*\x1b?|[ -/]*)\Z")


class TerminalLines:
    """Turns output into lines. Only the last line can still change.

    A carriage return or a backspace moves the cursor back within the last line. Of the escape codes, "erase in line"
    and "select graphic rendition" are obeyed, and all others are dropped. Bytes that are not UTF-8 become U+FFFD.
    Feeding n characters costs O(n). Memory is bounded by the limits of this module. Not thread-safe.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._finished: deque[Line] = deque()
        self._finished_characters = 0
        self._finished_count = 0
        self._styled: deque[int] = deque()
        self._finished_pieces = 0
        self._style = PLAIN
        self._line: list[str] = []
        self._runs: StyleRuns | None = None
        self._column = 0
        self._is_cut = False
        self._unfinished_escape = ""

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Add the next bytes of the output. `final` says that no more will follow."""
        text = self._unfinished_escape + self._decoder.decode(data, final)
        unfinished = _UNFINISHED.search(text)
        if unfinished and (final or len(unfinished[0]) <= ESCAPE_LIMIT):
            text, self._unfinished_escape = text[: unfinished.start()], unfinished[0]
        else:
            self._unfinished_escape = ""
        for token in _TOKEN.finditer(text):
            self._apply(token)

    @property
    def total(self) -> int:
        """Number of all lines so far, including dropped ones and an unfinished line that is not empty."""
        return self._finished_count + bool(self._line)

    def lines(self) -> tuple[Line, ...]:
        """The newest finished lines, at most `LINES_KEPT`, and then the unfinished line if it is not empty."""
        return (*self._finished, self._last_line()) if self._line else tuple(self._finished)

    def _apply(self, token: re.Match[str]) -> None:
        match token.lastgroup:
            case "text":
                self._write(token["text"])
            case "style":
                self._style = restyled(self._style, token["style"])
            case "newline":
                self._end_line()
            case "carriage_return":
                self._column = 0
            case "backspace":
                self._column = max(0, self._column - 1)
            case "final" if token["final"] == "K":
                self._erase(token["parameters"])

    def _end_line(self) -> None:
        line = self._last_line()
        self._finished.append(line)
        self._finished_characters += len(self._line) + self._is_cut
        self._finished_count += 1
        if isinstance(line, StyledLine):
            self._styled.append(self._finished_count)
            self._finished_pieces += len(line.pieces)
        self._line, self._runs, self._column, self._is_cut = [], None, 0, False
        while self._finished_pieces > PIECES_KEPT:
            self._make_oldest_plain()
        while len(self._finished) > LINES_KEPT or self._finished_characters > CHARACTERS_KEPT:
            if self._styled and self._styled[0] == self._finished_count - len(self._finished) + 1:
                self._make_oldest_plain()
            self._finished_characters -= len(line_text(self._finished.popleft()))

    def _make_oldest_plain(self) -> None:
        """Turn the oldest line with styles into plain text."""
        place = self._styled.popleft() - self._finished_count - 1
        line = self._finished[place]
        if isinstance(line, StyledLine):
            self._finished[place] = line.text
            self._finished_pieces -= len(line.pieces)

    def _write(self, text: str) -> None:
        start, self._column = self._column, self._column + len(text)
        self._is_cut = self._is_cut or self._column > LINE_LIMIT
        shown = text[: max(0, LINE_LIMIT - start)]
        if not shown:
            return
        if start == len(self._line):
            self._line += shown
        else:
            self._line += " " * (start - len(self._line))
            self._line[start : start + len(shown)] = shown
        if self._runs is None and self._style is not PLAIN:
            self._runs = StyleRuns()
        if self._runs is not None:
            self._runs.paint(start, start + len(shown), self._style)

    def _erase(self, mode: str) -> None:
        """Erase the line from the cursor to its end (0), from its start to the cursor (1), or whole (2).

        Source: ECMA-48, 8.3.41, EL.
        """
        if mode in {"", "0"}:
            del self._line[self._column :]
            if self._runs is not None:
                self._runs.cut(self._column)
        elif mode == "1":
            width = min(self._column + 1, len(self._line))
            self._line[:width] = " " * width
            if self._runs is not None:
                self._runs.paint(0, width, PLAIN)
        elif mode == "2":
            self._line.clear()
            self._runs, self._is_cut = None, False

    def _last_line(self) -> Line:
        text = "".join(self._line) + ("…" if self._is_cut else "")
        return text if self._runs is None else self._runs.line(text)


def plain_text(output: bytes) -> str:
    """Output as a terminal would show it: without escape codes and without overwritten text.

    The limits of `TerminalLines` hold. The last line has no line feed.
    """
    terminal = TerminalLines()
    terminal.feed(output, final=True)
    return "\n".join(map(line_text, terminal.lines()))
