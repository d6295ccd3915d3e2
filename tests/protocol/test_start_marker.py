"""The line by which `arkor dev` names the job of a run."""

from __future__ import annotations

import pytest

from arkor_dash.protocol.start_marker import ID_LIMIT, LINES_SEARCHED, StartMarker

HEX = b"0123456789abcdef0123456789abcdef"
MARKER = b"[arkor:" + HEX + b"] Started job job_7\n"


@pytest.mark.parametrize(
    ("body", "output", "job_id"),
    [
        (MARKER, b"", "job_7"),
        (MARKER + b"on\n", b"on\n", "job_7"),
        (MARKER.replace(b"\n", b"\r\n") + b"on\n", b"on\n", "job_7"),
        (b"warm up\n" + MARKER + b"on\n", b"warm up\non\n", "job_7"),
        (b"\r10% " + MARKER + b"on\n", b"\r10% on\n", "job_7"),
        (b"Started job other\n" + MARKER, b"Started job other\n", "job_7"),
        (MARKER + MARKER, MARKER, "job_7"),
        (b"[arkor:" + MARKER, b"[arkor:", "job_7"),
        (MARKER[:-1], MARKER[:-1], None),
        (b"[arkor:xyz] Started job job_7\n", b"[arkor:xyz] Started job job_7\n", None),
        (b"[arkor:] Started job job_7\n", b"[arkor:] Started job job_7\n", None),
        (MARKER.replace(b"job_7", b"job 7"), MARKER.replace(b"job_7", b"job 7"), None),
        (MARKER.replace(b"job_7", b""), MARKER.replace(b"job_7", b""), None),
        (
            MARKER.replace(b"job_7", b"x" * (ID_LIMIT + 1)),
            MARKER.replace(b"job_7", b"x" * (ID_LIMIT + 1)),
            None,
        ),
        (b"[a]\n[ar\n", b"[a]\n[ar\n", None),
        (b"", b"", None),
    ],
)
def test_the_marker_is_taken_out_however_the_output_is_split(
    body: bytes, output: bytes, job_id: str | None
) -> None:
    splits = range(len(body) + 1) if len(body) < 200 else (0, 7, 50, len(body))
    for first in splits:
        for second in range(first, len(body) + 1, 1 if len(body) < 200 else 97):
            marker = StartMarker()
            pieces = (body[:first], body[first:second], body[second:])
            taken = b"".join(map(marker.feed, pieces)) + marker.feed(b"", final=True)
            assert (taken, marker.job_id) == (output, job_id)


def test_only_the_first_lines_are_searched() -> None:
    lines = b"line\n" * LINES_SEARCHED
    marker = StartMarker()
    assert marker.feed(lines) + marker.feed(MARKER) == lines + MARKER
    assert marker.job_id is None


def test_output_that_is_no_marker_is_not_held_back() -> None:
    marker = StartMarker()
    assert marker.feed(b"10% [####") == b"10% [####"
    assert marker.feed(b"[arkor:") == b""
    assert marker.feed(b"?") == b"[arkor:?"
