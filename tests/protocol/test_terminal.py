"""Program output as a terminal shows it, however it is split into pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.protocol import terminal
from arkor_dash.protocol.styled_line import line_text
from arkor_dash.protocol.terminal import CHARACTERS_KEPT, LINE_LIMIT, LINES_KEPT, TerminalLines, plain_text


def shown(*pieces: bytes) -> tuple[str, ...]:
    screen = TerminalLines()
    for piece in pieces:
        screen.feed(piece)
    screen.feed(b"", final=True)
    return tuple(map(line_text, screen.lines()))


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        (b"", ()),
        (b"a\nb", ("a", "b")),
        (b"a\n\nb\n", ("a", "", "b")),
        (b"a\r\nb\r\n", ("a", "b")),
        (b"10%\r20%\r", ("20%",)),
        (b"100%\r20%\n", ("20%%",)),
        (b"ab\x08c", ("ac",)),
        (b"\x08\x08a", ("a",)),
        (b"\x1b[31mred\x1b[0m \x1b[1;38;5;12mbold", ("red bold",)),
        (b"a long line\r\x1b[Kshort", ("short",)),
        (b"a long line\r\x1b[2Kshort", ("short",)),
        (b"abcdef\x08\x08\x08\x1b[1K", ("    ef",)),
        (b"\x1b]0;a title\x07text", ("text",)),
        (b"\x1b]8;;http://example.com\x1b\\link\x1b]8;;\x1b\\", ("link",)),
        (b"\x1b(Bx\x1b=y\x1b[?25lz\x1b[2Aw", ("xyzw",)),
        (b"\x1bPq#0\x1b\\text", ("text",)),
        (b"a\x00b\x07c\x0bd\x7fe\xc2\x9bf", ("abcdef",)),
        (b"tab\tstays", ("tab\tstays",)),
        (b"\xff\xfe", ("��",)),
        (b"\x1b]0;no end\nnext\n", ("]0;no end", "next")),
        (b"cut off \x1b[3", ("cut off ",)),
        ("漢字 é 😀".encode(), ("漢字 é 😀",)),
        (b"  0%|   |\r 50%|#  |\r100%|###|\nDone", ("100%|###|", "Done")),
    ],
)
def test_output_is_shown_as_by_a_terminal_however_it_is_split(output: bytes, lines: tuple[str, ...]) -> None:
    assert shown(output) == lines
    for place in range(len(output)):
        assert shown(output[:place], output[place:]) == lines
    assert shown(*(output[place : place + 1] for place in range(len(output)))) == lines


@given(output=st.binary(max_size=60), places=st.lists(st.integers(0, 60), max_size=6))
def test_any_bytes_show_the_same_in_pieces_and_without_control_characters(
    output: bytes, places: list[int]
) -> None:
    edges = [0, *sorted(places), 60]

    lines = shown(*(output[start:end] for start, end in pairwise(edges)))

    assert lines == shown(output)
    assert all(
        character.isprintable() or ord(character) > 0xA0 or character == "\t" for character in "".join(lines)
    )


def test_an_unfinished_progress_line_is_shown_at_once() -> None:
    screen = TerminalLines()
    for percent in range(101):
        screen.feed(b"\r%3d%%" % percent)
        assert screen.lines() == (f"{percent:3d}%",)
        assert screen.total == 1


def test_only_the_newest_lines_are_kept_while_all_are_counted() -> None:
    screen = TerminalLines()
    screen.feed(b"".join(b"%d\n" % number for number in range(LINES_KEPT + 7)))

    assert screen.total == LINES_KEPT + 7
    assert screen.lines()[0] == "7"


def test_a_long_line_is_cut_and_marked_with_an_ellipsis() -> None:
    screen = TerminalLines()
    for _ in range(50):
        screen.feed(b"x" * 1_000)
    screen.feed(b"\nnext\n")

    assert screen.lines() == ("x" * LINE_LIMIT + "…", "next")


def test_an_escape_code_without_an_end_does_not_hide_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "ESCAPE_LIMIT", 10)
    screen = TerminalLines()
    screen.feed(b"\x1b]0;")
    screen.feed(b"0123456789")

    assert screen.lines() == ("]0;0123456789",)


def test_the_oldest_lines_are_dropped_once_there_are_too_many_characters() -> None:
    screen = TerminalLines()
    screen.feed(b"".join(b"%06d" % number + b"x" * 3_000 + b"\n" for number in range(1_000)))
    lines = screen.lines()
    assert sum(map(len, lines)) <= CHARACTERS_KEPT
    assert sum(map(len, lines)) > CHARACTERS_KEPT - 4_000
    assert lines[-1].startswith("000999")
    assert screen.total == 1_000


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (b"\x1b[1;31mred\x1b[0m plain", "red plain"),
        (b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "alink"),
        (b"10%\r50%\r100%\ndone", "100%\ndone"),
        (b"line\r\nnext\r\n", "line\nnext"),
        (b"99%\r", "99%"),
        (b"\xff\xfe ok \x00", "\ufffd\ufffd ok "),
        (b"cut \x1b[3", "cut "),
        (b"bare \x1b", "bare "),
    ],
)
def test_the_plain_text_of_output_is_what_a_terminal_shows(output: bytes, text: str) -> None:
    assert plain_text(output) == text
