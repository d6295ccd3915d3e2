"""Colours that a program has chosen, made readable on the page.

Colours are numbers, 0xRRGGBB. Source of the formulas: WCAG 2.1, relative luminance and contrast ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .theme import PAGE_COLOURS

CONTRAST = 4.5
"""The least contrast of text and its background. Source: WCAG 2.1, success criterion 1.4.3."""
WHITE = 0xFFFFFF
_LINEAR = [
    each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
    for each in (byte / 255 for byte in range(256))
]


def _linear(colour: int) -> list[float]:
    """Red, green and blue in linear light, from 0 to 1."""
    return [_LINEAR[colour >> 16], _LINEAR[colour >> 8 & 0xFF], _LINEAR[colour & 0xFF]]


def luminance(colour: int) -> float:
    """From 0 for black to 1 for white."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: int, other: int) -> float:
    """From 1 for two equal colours to 21 for black and white."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


WELL = tuple(int(colour[1:], 16) for colour in PAGE_COLOURS["well"])
"""The background of a run's output in light and in dark mode."""
_MOST_IN_LIGHT = (luminance(WELL[0]) + 0.05) / CONTRAST - 0.05
_LEAST_IN_DARK = (luminance(WELL[1]) + 0.05) * CONTRAST - 0.05


def readable(colour: int) -> tuple[int, int]:
    """The colour for light mode and for dark mode: the same, or just as dark or as light as `CONTRAST` requires.

    It is darkened by mixing it with black, and lightened by mixing it with white, in linear light. So its hue stays.
    """
    channels, brightness = _linear(colour), luminance(colour)
    in_light = in_dark = colour
    if brightness > _MOST_IN_LIGHT:
        share = _MOST_IN_LIGHT / brightness
        in_light = _encoded([channel * share for channel in channels], math.floor)
    if brightness < _LEAST_IN_DARK:
        share = (_LEAST_IN_DARK - brightness) / (1 - brightness)
        in_dark = _encoded([channel + share * (1 - channel) for channel in channels], math.ceil)
    return in_light, in_dark


def readable_on(background: int) -> int:
    """Black or white, whichever has more contrast with the background."""
    return max((0, WHITE), key=lambda colour: contrast(colour, background))


def _encoded(channels: Sequence[float], rounded: Callable[[float], int]) -> int:
    """The inverse of `_linear`."""
    red, green, blue = (
        rounded(255 * (each * 12.92 if each <= 0.0031308 else 1.055 * each ** (1 / 2.4) - 0.055))
        for each in channels
    )
    return red << 16 | green << 8 | blue
