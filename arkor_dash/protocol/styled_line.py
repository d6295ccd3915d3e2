"""A line of a terminal whose text has styles."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from .text_style import PLAIN, Style

LINE_PIECES = 200
"""Pieces of a line that keep their style. The rest of the line is plain."""


@dataclass(frozen=True, slots=True)
class StyledLine:
    """A line that is not plain throughout: texts that are not empty, with their styles."""

    pieces: tuple[tuple[str, Style], ...]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


Line = str | StyledLine
"""A line that is plain is its text."""


def line_text(line: Line) -> str:
    """The text of a line, without its styles."""
    return line if isinstance(line, str) else line.text


class StyleRuns:
    """The styles of a line that is being written. Not thread-safe.

    A run of characters with one style begins at each of `_starts`, the first one at 0. What follows `_end` is plain.
    """

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._styles: list[Style] = []
        self._end = 0

    def paint(self, start: int, end: int, style: Style) -> None:
        """Give the characters from `start` to `end` a style."""
        if start < self._end:
            self._paint_over(start, end, style)
        elif style is not PLAIN:
            if start > self._end:
                self._append(self._end, PLAIN)
            self._append(start, style)
            self._end = end

    def cut(self, column: int) -> None:
        """Make the line plain from this column on."""
        kept = bisect_left(self._starts, column)
        del self._starts[kept:], self._styles[kept:]
        self._end = min(self._end, column)

    def line(self, text: str) -> Line:
        """The line with this text."""
        pieces: list[tuple[str, Style]] = []
        start, before = 0, PLAIN
        for next_start, style in zip([*self._starts, self._end], [*self._styles, PLAIN], strict=True):
            if style != before:
                if next_start > start:
                    pieces.append((text[start:next_start], before))
                start, before = next_start, style
                if len(pieces) == LINE_PIECES:
                    break
        if start < len(text):
            pieces.append((text[start:], PLAIN))
        return StyledLine(tuple(pieces)) if any(style is not PLAIN for _, style in pieces) else text

    def _append(self, start: int, style: Style) -> None:
        self._starts.append(start)
        self._styles.append(style)

    def _paint_over(self, start: int, end: int, style: Style) -> None:
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        starts, styles = [start], [style]
        if end < self._end and self._starts[last : last + 1] != [end]:
            starts.append(end)
            styles.append(self._styles[last - 1])
        self._starts[first:last], self._styles[first:last] = starts, styles
        self._end = max(self._end, end)
