"""The trailer with the exit code, at the end of a run's output."""

from __future__ import annotations

import pytest

from arkor_dash.protocol.exit_trailer import ERROR_LIMIT, ExitTrailer, RunEnd

NULL = b"\n---\nexit=null\n"


@pytest.mark.parametrize(
    ("body", "output", "end"),
    [
        (b"a\n\n---\nexit=0\n", b"a\n", RunEnd(0)),
        (b"a\n\n---\nexit=137\n", b"a\n", RunEnd(137)),
        (b"a\n---\nexit=-9\n", b"a", RunEnd(-9)),
        (b"a\n" + NULL, b"a\n", RunEnd(None)),
        (NULL, b"", RunEnd(None)),
        (b"a\n\n---\nexit=SIGKILL\n", b"a\n", RunEnd(None, "SIGKILL")),
        (b"a\n\n---\nerror=spawn ENOENT\n", b"a\n", RunEnd(None, error="spawn ENOENT")),
        (b"a\n\n---\nerror=gone\n\n---\nexit=-2\n", b"a\n", RunEnd(None, error="gone")),
        (b"\n---\nexit=0\n\n---\nexit=1\n", b"\n---\nexit=0\n", RunEnd(1)),
        (b"\n---\nexit=0\n" + NULL, b"\n---\nexit=0\n", RunEnd(None)),
        (b"a\n" + NULL + NULL, b"a\n", RunEnd(None)),
        (b"a\n\n---\nexit=3\n\n---\nexit=3\n", b"a\n", RunEnd(3)),
        (NULL + b"b", NULL + b"b", None),
        (NULL + b"\n", NULL + b"\n", None),
        (b"a\n---\nexit=0\nb", b"a\n---\nexit=0\nb", None),
        (b"a\n---\nexit=nul\n", b"a\n---\nexit=nul\n", None),
        (b"a\n---\nexit=nullify\n", b"a\n---\nexit=nullify\n", None),
        (b"a\n---\nexit=\n", b"a\n---\nexit=\n", None),
        (b"a\n---\nexit=null", b"a\n---\nexit=null", None),
        (b"a\n---\nexit=12345678901\n", b"a\n---\nexit=12345678901\n", None),
        (b"a\n", b"a\n", None),
        (b"\n\n\n---\n---\nexit=7\n", b"\n\n\n---", RunEnd(7)),
    ],
)
def test_the_trailer_is_recognized_however_the_output_is_split(
    body: bytes, output: bytes, end: RunEnd | None
) -> None:
    for first in range(len(body) + 1):
        for second in range(first, len(body) + 1):
            trailer = ExitTrailer()
            taken = b"".join(map(trailer.feed, (body[:first], body[first:second], body[second:])))
            held, found = trailer.end()
            assert (taken + held, found) == (output, end)


def test_a_trailer_that_comes_byte_by_byte_is_never_output() -> None:
    for body in (NULL, b"\n---\nexit=-1\n", b"\n---\nerror=" + b"x" * ERROR_LIMIT + b"\n"):
        trailer = ExitTrailer()
        assert b"".join(trailer.feed(bytes([byte])) for byte in body) == b""
        assert trailer.end()[0] == b""


def test_a_reason_that_is_too_long_is_output_and_not_held_back() -> None:
    body = b"\n---\nerror=" + b"x" * (ERROR_LIMIT + 1)
    trailer = ExitTrailer()
    assert b"".join(trailer.feed(bytes([byte])) for byte in body) == body
