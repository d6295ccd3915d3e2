"""Colours that can be read on the page, whatever a program has chosen."""

from __future__ import annotations

import colorsys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arkor_dash.charts.contrast import CONTRAST, WELL, contrast, luminance, readable, readable_on
from arkor_dash.charts.theme import PAGE_COLOURS, TERMINAL_COLOURS, XTERM_COLOURS

COLOURS = st.integers(0, 0xFFFFFF)


def number(colour: str) -> int:
    return int(colour.removeprefix("#"), 16)


def hue(colour: int) -> float:
    return colorsys.rgb_to_hsv(*(channel / 255 for channel in colour.to_bytes(3)))[0]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        (0x000000, 0xFFFFFF, 21.0),
        (0xFFFFFF, 0xFFFFFF, 1.0),
        (0x767676, 0xFFFFFF, 4.54),
        (0xFF0000, 0xFFFFFF, 4.0),
    ],
)
def test_the_contrast_is_that_of_wcag(one: int, other: int, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_the_luminance_of_a_grey_is_its_linear_light() -> None:
    assert luminance(0x808080) == pytest.approx(((128 / 255 + 0.055) / 1.055) ** 2.4)


@given(colour=COLOURS)
@example(colour=0x000000)
@example(colour=0xFFFFFF)
@example(colour=0xFFFF00)
@example(colour=0x0000FF)
def test_any_colour_becomes_readable_in_light_and_in_dark_mode(colour: int) -> None:
    for shown, background in zip(readable(colour), WELL, strict=True):
        assert 0 <= shown <= 0xFFFFFF
        assert contrast(shown, background) >= CONTRAST


@given(colour=COLOURS)
def test_a_colour_that_is_readable_stays_as_it_is(colour: int) -> None:
    for shown, background in zip(readable(colour), WELL, strict=True):
        if contrast(colour, background) >= CONTRAST:
            assert shown == colour
        else:
            assert contrast(shown, background) < CONTRAST + 0.2


@pytest.mark.parametrize("colour", [0xFFFF00, 0xFF8700, 0x00FF00, 0x00FFFF, 0xFF00FF])
def test_a_bright_colour_keeps_its_hue_in_light_mode(colour: int) -> None:
    assert hue(readable(colour)[0]) == pytest.approx(hue(colour), abs=0.05)


@given(background=COLOURS)
def test_black_or_white_is_readable_on_any_background(background: int) -> None:
    assert contrast(readable_on(background), background) >= CONTRAST


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_the_colours_of_the_terminal_are_readable_and_differ(mode: int) -> None:
    colours = [number(pair[mode]) for pair in TERMINAL_COLOURS]
    assert len(set(colours)) == len(XTERM_COLOURS) == 16
    assert all(contrast(colour, WELL[mode]) >= CONTRAST for colour in colours)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_dim_text_is_readable_since_both_colours_that_are_mixed_are(mode: int) -> None:
    """Mixed in linear light, the luminance lies between the two."""
    assert contrast(number(PAGE_COLOURS["muted"][mode]), WELL[mode]) >= CONTRAST
