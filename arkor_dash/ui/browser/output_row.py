"""A line of a run's output as the browser gets it."""

from __future__ import annotations

from functools import lru_cache

from arkor_dash.charts.contrast import readable, readable_on
from arkor_dash.charts.theme import XTERM_COLOURS
from arkor_dash.protocol.styled_line import Line
from arkor_dash.protocol.text_style import DIM, PLAIN, REVERSE, RGB, Style

Look = tuple[object, ...]


def output_row(line: Line) -> object:
    """The JSON value of a line: its text, or a list of its pieces.

    A piece is a text, or a list: text, attributes, text colour, background. What comes last may be left out. The text
    colour is one of the 16, or a list: the colour for light mode, and that for dark mode. Other colours are 0xRRGGBB.
    """
    if isinstance(line, str):
        return line
    return [text if style is PLAIN else [text, *_look(style)] for text, style in line.pieces]


@lru_cache(maxsize=4096)
def _look(style: Style) -> Look:
    """What follows the text of a piece.

    On a background of its own, text has the colour that the program has chosen. Otherwise it has one that is readable
    on the page. Dim text on a background of its own is shown as other text.
    """
    foreground, background, attributes = style
    if background is not None:
        paper = _rgb(background)
        ink = readable_on(paper) if foreground is None else _rgb(foreground)
        if attributes & REVERSE:
            ink, paper = paper, ink
        return attributes & ~(DIM | REVERSE), (ink, ink), paper
    if foreground is None:
        return (attributes,)
    return attributes, readable(_rgb(foreground)) if foreground >= RGB else foreground


def _rgb(colour: int) -> int:
    return colour - RGB if colour >= RGB else XTERM_COLOURS[colour]
