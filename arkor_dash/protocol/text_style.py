"""The style of a terminal's text: its colours and attributes, and the codes that set them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

RGB = 0x1000000
"""Added to a colour that is given as 0xRRGGBB. Without it, a colour is one of the 16 with names: 1 is red."""


# Attributes of text, bits of a number.
BOLD = 1
DIM = 2
ITALIC = 4
UNDERLINE = 8
STRIKE = 16
REVERSE = 32


class Style(NamedTuple):
    """How text is shown. None stands for the terminal's own colour."""

    foreground: int | None = None
    background: int | None = None
    attributes: int = 0


PLAIN = Style()

_SET = {
    1: BOLD,
    2: DIM,
    3: ITALIC,
    4: UNDERLINE,
    7: REVERSE,
    9: STRIKE,
    21: UNDERLINE,
}  # 21: a double underline
_UNSET = {22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE, 27: REVERSE, 29: STRIKE}
_FOREGROUNDS = {39: None} | {(30 if colour < 8 else 82) + colour: colour for colour in range(16)}
_BACKGROUNDS = {code + 10: colour for code, colour in _FOREGROUNDS.items()}
_VALUES = {"2": 3, "5": 1}
"""The number of values after 38;2 (red, green, blue) and 38;5 (a number of the 256)."""


@lru_cache(maxsize=1024)
def restyled(style: Style, parameters: str) -> Style:
    """The style after the code "select graphic rendition". `PLAIN` itself if nothing of it is left.

    What is unknown, incomplete or out of range changes nothing. Args: parameters: digits, semicolons and colons.
    Source: ECMA-48, 8.3.117, SGR; for 38 and 48, ITU-T T.416, 13.1.8, and xterm's form with semicolons.
    """
    foreground, background, attributes = style
    fields = iter(parameters.split(";"))
    for field in fields:
        code, *details = (int(each or 0) for each in field.split(":"))
        if code == 0:
            foreground, background, attributes = PLAIN
        elif code == 4 and details == [0]:  # no underline; 4:3 is a wavy one
            attributes &= ~UNDERLINE
        elif code in _SET:
            attributes |= _SET[code]
        elif code in _UNSET:
            attributes &= ~_UNSET[code]
        elif code in _FOREGROUNDS:
            foreground = _FOREGROUNDS[code]
        elif code in _BACKGROUNDS:
            background = _BACKGROUNDS[code]
        elif code == 38:
            foreground = _colour(details or _following(fields), foreground)
        elif code == 48:
            background = _colour(details or _following(fields), background)
        elif code == 58 and not details:  # the colour of the underline
            _following(fields)
    changed = Style(foreground, background, attributes)
    return PLAIN if changed == PLAIN else changed


def _following(fields: Iterator[str]) -> list[int]:
    """The kind of a colour and its values, from the fields after 38, 48 or 58."""
    kind = next(fields, "")
    values = [kind, *islice(fields, _VALUES.get(kind, 0))]
    return [int(each) if each.isdecimal() else 0 for each in values]


def _colour(details: list[int], otherwise: int | None) -> int | None:
    """The colour of this kind and with these values. The form with colons may name a colour space first."""
    match details:
        case [5, number] if number <= 255:
            return _of_256(number)
        case [2, red, green, blue] | [2, _, red, green, blue, *_] if max(red, green, blue) <= 255:
            return RGB | red << 16 | green << 8 | blue
    return otherwise


def _of_256(number: int) -> int:
    """A colour of the 256: the 16 with names, a cube of 6 × 6 × 6, and 24 greys. Source: xterm's 256colres.h."""
    if number < 16:
        return number
    if number >= 232:
        return RGB | 0x010101 * (8 + 10 * (number - 232))
    red, green, blue = (
        40 * level + 55 if level else 0
        for level in ((number - 16) // 36, (number - 16) // 6 % 6, (number - 16) % 6)
    )
    return RGB | red << 16 | green << 8 | blue
