"""A line of a run's output as JSON."""

from __future__ import annotations

import json

import pytest

from arkor_dash.charts.contrast import readable
from arkor_dash.protocol.styled_line import Line
from arkor_dash.protocol.terminal import TerminalLines
from arkor_dash.ui.browser.output_row import output_row

BOLD, DIM, REVERSE = 1, 2, 32


def sent(output: bytes) -> object:
    """The JSON value of the only line of this output, as the browser parses it."""
    screen = TerminalLines()
    screen.feed(output, final=True)
    (line,) = screen.lines()
    return json.loads(json.dumps(output_row(line)))


def test_a_plain_line_is_sent_as_its_text() -> None:
    line: Line = "plain"
    assert output_row(line) is line


@pytest.mark.parametrize(
    ("output", "row"),
    [
        (b"\x1b[0mplain", "plain"),
        (b"a \x1b[31mred\x1b[0m b", ["a ", ["red", 0, 1], " b"]),
        (b"\x1b[1mbold", [["bold", BOLD]]),
        (b"\x1b[1;2;3;4;9;7;93mall", [["all", 63, 11]]),
        (b"\x1b[38;5;16mblack", [["black", 0, list(readable(0))]]),
        (b"\x1b[38;2;255;135;0mx", [["x", 0, list(readable(0xFF8700))]]),
        # On a background of its own, a colour is what the program has asked for.
        (b"\x1b[31;44mx", [["x", 0, [0xCD0000] * 2, 0x0000EE]]),
        (b"\x1b[38;2;1;2;3;48;2;4;5;6mx", [["x", 0, [0x010203] * 2, 0x040506]]),
        (b"\x1b[44mx", [["x", 0, [0xFFFFFF] * 2, 0x0000EE]]),
        (b"\x1b[43mx", [["x", 0, [0x000000] * 2, 0xCDCD00]]),
        (b"\x1b[1;2;30;47mx", [["x", BOLD, [0x000000] * 2, 0xE5E5E5]]),
        (b"\x1b[7;30;47mx", [["x", 0, [0xE5E5E5] * 2, 0x000000]]),
        (b"\x1b[7;44mx", [["x", 0, [0x0000EE] * 2, 0xFFFFFF]]),
        # Without one, the browser swaps the colours that it shows.
        (b"\x1b[7mx", [["x", REVERSE]]),
        (b"\x1b[7;2;32mx", [["x", REVERSE | DIM, 2]]),
    ],
)
def test_a_styled_line_is_sent_in_pieces(output: bytes, row: object) -> None:
    assert sent(output) == row


def test_markup_in_coloured_text_is_text() -> None:
    text = '<script>alert(1)</script>"};--ink:url(x)'
    assert sent(f"\x1b[31m{text}\x1b[0m".encode()) == [[text, 0, 1]]
