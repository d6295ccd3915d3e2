"""The trailer with the exit code, at the end of a run's output."""

from __future__ import annotations

import pytest

from arkor_dash.protocol.exit_trailer import ExitTrailer


@pytest.mark.parametrize(
    ("body", "output", "exit_code"),
    [
        (b"a\n\n---\nexit=0\n", b"a\n", 0),
        (b"a\n---\nexit=-9\n", b"a", -9),
        (b"\n---\nexit=0\n\n---\nexit=1\n", b"\n---\nexit=0\n", 1),
        (b"a\n---\nexit=0\nb", b"a\n---\nexit=0\nb", None),
        (b"a\n---\nexit=\n", b"a\n---\nexit=\n", None),
        (b"a\n---\nexit=12345678901\n", b"a\n---\nexit=12345678901\n", None),
        (b"a\n", b"a\n", None),
        (b"\n\n\n---\n---\nexit=7\n", b"\n\n\n---", 7),
    ],
)
def test_the_trailer_is_recognized_however_the_output_is_split(
    body: bytes, output: bytes, exit_code: int | None
) -> None:
    for first in range(len(body) + 1):
        for second in range(first, len(body) + 1):
            trailer = ExitTrailer()
            taken = b"".join(map(trailer.feed, (body[:first], body[first:second], body[second:])))
            held, code = trailer.end()
            assert (taken + held, code) == (output, exit_code)
