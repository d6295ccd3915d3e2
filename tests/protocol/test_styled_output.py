"""The colours and attributes of program output, as a terminal shows them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.protocol import terminal
from arkor_dash.protocol.styled_line import LINE_PIECES, Line, StyledLine, line_text
from arkor_dash.protocol.terminal import CHARACTERS_KEPT, LINE_LIMIT, LINES_KEPT, TerminalLines, plain_text
from arkor_dash.protocol.text_style import (
    BOLD,
    DIM,
    ITALIC,
    PLAIN,
    REVERSE,
    RGB,
    STRIKE,
    UNDERLINE,
    Style,
    restyled,
)

RED, GREEN = Style(1), Style(2)
CODES = {b"\x1b[m": PLAIN, b"\x1b[0;31m": RED, b"\x1b[0;1;42m": Style(None, 2, BOLD)}
"""Codes that set a style whatever was set before."""


def shown(*pieces: bytes) -> tuple[Line, ...]:
    screen = TerminalLines()
    for piece in pieces:
        screen.feed(piece)
    screen.feed(b"", final=True)
    return screen.lines()


def styled(*pieces: tuple[str, Style]) -> StyledLine:
    return StyledLine(pieces)


@pytest.mark.parametrize(
    ("parameters", "style"),
    [
        ("", PLAIN),
        ("0", PLAIN),
        ("31", RED),
        ("1;31", Style(1, None, BOLD)),
        ("01;31", Style(1, None, BOLD)),
        (";31", RED),
        ("31;", PLAIN),
        ("37;44", Style(7, 4)),
        ("91;107", Style(9, 15)),
        ("1;2;3;4;7;9", Style(None, None, BOLD | DIM | ITALIC | UNDERLINE | REVERSE | STRIKE)),
        ("21", Style(None, None, UNDERLINE)),
        ("4:3", Style(None, None, UNDERLINE)),
        ("38;5;9", Style(9)),
        ("38;5;16", Style(RGB)),
        ("38;5;208", Style(RGB | 0xFF8700)),
        ("48;5;231", Style(None, RGB | 0xFFFFFF)),
        ("38;5;232", Style(RGB | 0x080808)),
        ("38;5;255", Style(RGB | 0xEEEEEE)),
        ("38:5:208", Style(RGB | 0xFF8700)),
        ("38;2;255;135;0", Style(RGB | 0xFF8700)),
        ("38:2:255:135:0", Style(RGB | 0xFF8700)),
        ("38:2::255:135:0", Style(RGB | 0xFF8700)),
        ("38:2:1:255:135:0:0:1", Style(RGB | 0xFF8700)),
        ("38;2;;135;", Style(RGB | 0x008700)),
        ("48;2;1;2;3;1;38;5;2", Style(2, RGB | 0x010203, BOLD)),
        ("58;5;196;31", RED),
        ("58;2;1;2;4;31", RED),
        ("58:2::1:2:4;31", RED),
        # What is out of range, incomplete or unknown changes nothing.
        ("38;2;999;0;0;32", GREEN),
        ("38;2;99999999999999999999;0;0", PLAIN),
        ("38;5;256;32", GREEN),
        ("38;5", PLAIN),
        ("38;2;255;135", PLAIN),
        ("38", PLAIN),
        ("38;7;32", GREEN),
        ("38:9:1;32", GREEN),
        ("38;5:1;32", GREEN),
        ("5;8;10;50;73;98;108;200;32", GREEN),
        (";".join(["1"] * 100), Style(None, None, BOLD)),
    ],
)
def test_a_code_sets_colours_and_attributes(parameters: str, style: Style) -> None:
    assert restyled(PLAIN, parameters) == style


@pytest.mark.parametrize(
    ("parameters", "style"),
    [
        ("22", Style(1, 4, ITALIC | UNDERLINE | REVERSE | STRIKE)),
        ("23", Style(1, 4, BOLD | DIM | UNDERLINE | REVERSE | STRIKE)),
        ("24", Style(1, 4, BOLD | DIM | ITALIC | REVERSE | STRIKE)),
        ("4:0", Style(1, 4, BOLD | DIM | ITALIC | REVERSE | STRIKE)),
        ("27", Style(1, 4, BOLD | DIM | ITALIC | UNDERLINE | STRIKE)),
        ("29", Style(1, 4, BOLD | DIM | ITALIC | UNDERLINE | REVERSE)),
        ("22;23;24;27;29;39", Style(None, 4)),
        ("22;23;24;27;29;49", Style(1)),
        ("38;2;256;0;0", Style(1, 4, BOLD | DIM | ITALIC | UNDERLINE | REVERSE | STRIKE)),
    ],
)
def test_a_code_resets_what_it_names(parameters: str, style: Style) -> None:
    assert restyled(Style(1, 4, BOLD | DIM | ITALIC | UNDERLINE | REVERSE | STRIKE), parameters) == style


def test_the_style_after_all_resets_is_the_plain_one() -> None:
    assert restyled(restyled(PLAIN, "1;31;42"), "22;39;49") is PLAIN


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        (b"\x1b[31mred\x1b[0m and plain", (styled(("red", RED), (" and plain", PLAIN)),)),
        (b"plain \x1b[31mred\n", (styled(("plain ", PLAIN), ("red", RED)),)),
        (
            b"\x1b[31mred\nstill\n\nred\x1b[m\nplain",
            (styled(("red", RED)), styled(("still", RED)), "", styled(("red", RED)), "plain"),
        ),
        (b"\x1b[31m\x1b[32mgreen", (styled(("green", GREEN)),)),
        (b"\x1b[31mr\x1b[31med", (styled(("red", RED)),)),
        (b"\x1b[31m\x1b[0mplain\x1b[31m", ("plain",)),
        (b"\x1b[31m10%\r\x1b[0m20%", ("20%",)),
        (b"\x1b[31mabcdef\r\x1b[32mxy", (styled(("xy", GREEN), ("cdef", RED)),)),
        (b"abcdef\x08\x08\x08\x1b[31mx", (styled(("abc", PLAIN), ("x", RED), ("ef", PLAIN)),)),
        (b"\x1b[31mabcdef\x08\x08\x08\x1b[mx", (styled(("abc", RED), ("x", PLAIN), ("ef", RED)),)),
        (b"\x1b[31mabcdef\r\x1b[K\x1b[mx", ("x",)),
        (b"\x1b[31mabc\r\x1b[K\n", ("",)),
        (b"\x1b[31mabc\r\x1b[Kd", (styled(("d", RED)),)),
        (b"\x1b[31mabc\x08\x1b[K\x1b[mxyz", (styled(("ab", RED), ("xyz", PLAIN)),)),
        (b"\x1b[31mabcdef\x08\x08\x08\x1b[1K", (styled(("    ", PLAIN), ("ef", RED)),)),
        (b"\x1b[31mabc\x1b[2Kd", (styled(("   ", PLAIN), ("d", RED)),)),
        (b"\x1b[31mabc\x1b[2K\x1b[md", ("   d",)),
        (b"\x1b[31m\xe6\xbc\xa2\xf0\x9f\x98\x80\x1b[mx", (styled(("漢😀", RED), ("x", PLAIN)),)),
        (b"\x1b]8;;http://x\x1b\\\x1b[31mlink\x1b[m\x1b]8;;\x1b\\.", (styled(("link", RED), (".", PLAIN)),)),
        # These are other codes than that of a style.
        (b"\x1b[>4;31mx\x1b[?31my\x1b[31 mz\x1b[31$mw", ("xyzw",)),
        (b"\x1b[" + b"31;" * 200 + b"mx", ("x",)),
        (b"\x1b[31", ()),
        (b"\x1b[3\n1mx", ("[3", "1mx")),
        (b"[31mx", ("[31mx",)),
    ],
)
def test_lines_keep_their_styles_however_the_output_is_split(output: bytes, lines: tuple[Line, ...]) -> None:
    assert shown(output) == lines
    for place in range(len(output)):
        assert shown(output[:place], output[place:]) == lines
    assert shown(*(output[place : place + 1] for place in range(len(output)))) == lines


OUTPUTS = st.lists(
    st.sampled_from(
        [
            b"\x1b[",
            b"31",
            b"m",
            b";",
            b":",
            b"38",
            b"2",
            b"5",
            b"\x1b[1m",
            b"\r",
            b"\x08",
            b"\n",
            b"\x1b[K",
            b"\x1b]8;;",
            b"\x07",
            b"abc",
        ]
    )
    | st.binary(max_size=4),
    max_size=30,
).map(b"".join)


@given(output=OUTPUTS, places=st.lists(st.integers(0, 60), max_size=6))
def test_the_text_of_any_output_is_the_same_as_without_its_styles(output: bytes, places: list[int]) -> None:
    without = re.sub(rb"(\x1b\[[0-9:;]*)m", rb"\1n", output)  # a code that is dropped
    edges = [0, *sorted(places), len(output)]

    lines = shown(*(output[start:end] for start, end in pairwise(edges)))

    assert lines == shown(output)
    assert all(isinstance(line, str) for line in shown(without))
    assert tuple(map(line_text, lines)) == shown(without)
    assert plain_text(output) == "\n".join(map(line_text, lines))


class Cells:
    """A terminal of one line in which each character has its own style."""

    def __init__(self) -> None:
        self.cells: list[tuple[str, Style]] = []
        self.column = 0
        self.style = PLAIN

    def feed(self, token: bytes) -> None:
        if token in CODES:
            self.style = CODES[token]
        elif token == b"\r":
            self.column = 0
        elif token == b"\x08":
            self.column = max(0, self.column - 1)
        elif token == b"\x1b[K":
            del self.cells[self.column :]
        elif token == b"\x1b[1K":
            width = min(self.column + 1, len(self.cells))
            self.cells[:width] = [(" ", PLAIN)] * width
        elif token == b"\x1b[2K":
            self.cells.clear()
        else:
            self.cells += [(" ", PLAIN)] * (self.column - len(self.cells))
            for character in token.decode():
                self.cells[self.column : self.column + 1] = [(character, self.style)]
                self.column += 1


TOKENS = [*CODES, b"\r", b"\x08", b"\x08", b"\x1b[K", b"\x1b[1K", b"\x1b[2K", b"a", b"bcd", b"efghij"]


@given(tokens=st.lists(st.sampled_from(TOKENS), max_size=40))
def test_each_character_has_the_style_in_which_it_was_written(tokens: list[bytes]) -> None:
    cells = Cells()
    for token in tokens:
        cells.feed(token)

    lines = shown(b"".join(tokens))

    line = lines[0] if lines else ""
    pieces = ((line, PLAIN),) if isinstance(line, str) else line.pieces
    assert [(character, style) for text, style in pieces for character in text] == cells.cells
    if isinstance(line, StyledLine):
        assert all(text for text, _ in pieces)
        assert all(before[1] != after[1] for before, after in pairwise(pieces))
        assert any(style != PLAIN for _, style in pieces)


def test_a_long_coloured_line_is_cut_and_its_ellipsis_is_plain() -> None:
    assert shown(b"\x1b[31m" + b"x" * (LINE_LIMIT + 9)) == (styled(("x" * LINE_LIMIT, RED), ("…", PLAIN)),)


def test_a_line_of_very_many_colours_is_plain_at_its_end() -> None:
    output = b"".join(b"\x1b[3%dmxy" % (number % 8) for number in range(LINE_PIECES + 100))

    (line,) = shown(output)

    assert isinstance(line, StyledLine)
    assert len(line.pieces) == LINE_PIECES + 1
    assert line.pieces[-1] == ("xy" * 100, PLAIN)


def test_the_oldest_of_very_many_coloured_lines_become_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "PIECES_KEPT", 10)
    output = b"".join(b"%d \x1b[31mred\x1b[m\nplain\n" % number for number in range(100))

    lines = shown(output)

    assert [line_text(line) for line in lines] == [
        text for number in range(100) for text in (f"{number} red", "plain")
    ]
    assert [number for number, line in enumerate(lines) if isinstance(line, StyledLine)] == [
        190,
        192,
        194,
        196,
        198,
    ]


@pytest.mark.parametrize("width", [1, 900])
def test_styles_are_counted_for_the_lines_that_are_kept_only(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "PIECES_KEPT", LINES_KEPT)
    screen = TerminalLines()
    screen.feed(b"plain\n\x1b[31m" + (b"x" * width + b"\n") * (3 * LINES_KEPT))

    lines = screen.lines()

    assert len(lines) == min(LINES_KEPT, CHARACTERS_KEPT // width)
    assert all(isinstance(line, StyledLine) for line in lines)
