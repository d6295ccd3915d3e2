"""The SSE decoder, compared with a second decoder that follows the HTML standard line by line."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.errors import BadAnswerError
from arkor_dash.sources import Frame
from arkor_dash.sources.http import sse
from arkor_dash.sources.http.sse import FrameReader


def read(*pieces: bytes) -> list[Frame]:
    """The frames that are events."""
    return [frame for frame in FrameReader(pieces) if frame.name]


def by_the_standard(body: bytes) -> tuple[list[tuple[str, str, str]], str, int | None]:
    """(name, data, last event id) of each event; then the last event id and the reconnection time.

    Source: WHATWG HTML, 9.2.6, step by step. One difference: a `retry` takes effect at the end of its block.
    """
    text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")
    *lines, _unended = re.split("\r\n|\n|\r", text)
    events, name, data, id_buffer, last_id = [], "", "", "", ""
    retry_buffer = retry = None
    for line in lines:
        if line == "":
            last_id, retry = id_buffer, retry_buffer
            if data != "":
                events.append((name or "message", data.removesuffix("\n"), last_id))
            name = data = ""
            continue
        if line.startswith(":"):
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data += value + "\n"
        elif field == "id" and "\0" not in value:
            id_buffer = value
        elif field == "retry" and re.fullmatch("[0-9]+", value):
            retry_buffer = int(value)
    return events, last_id, retry


ENDS = st.sampled_from(["\n", "\r", "\r\n"])
VALUES = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=6)
FIELDS = st.sampled_from(
    ["data", "data:", "data: ", "data:  ", "event:", "event: ", "id:", "id: ", ":", ": ", "x", ""]
)
LINES = st.one_of(
    st.just(""),
    st.just(""),
    st.builds(str.__add__, FIELDS, VALUES),
    st.builds("retry: {}".format, st.integers(0, 9_999)),
    st.sampled_from(["retrying: 5", "ID: 5", "\ufeffdata: x", "data: \x85\u2028", "retry: 1x", "id: a\0b"]),
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    text = "".join(line + draw(ENDS) for line in draw(st.lists(LINES, max_size=14)))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode() + draw(st.binary(max_size=3))


def cut(body: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(place, len(body)) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


@given(body=bodies(), places=st.lists(st.integers(0, 200), max_size=20))
def test_a_body_split_anywhere_is_decoded_as_the_standard_says(body: bytes, places: list[int]) -> None:
    reader = FrameReader(cut(body, places))

    events, current = [], ""
    for frame in reader:
        current = current if frame.id is None else frame.id
        if frame.name:
            events.append((frame.name, frame.data, current))

    expected, last_id, retry = by_the_standard(body)
    assert events == expected
    assert (current, reader.retry_ms) == (last_id, retry)


def test_an_event_that_is_split_in_two_is_decoded_whole() -> None:
    body = '\ufeffid: 7\r\nevent: training.log\r\ndata: {"step": 1,\r\ndata: "é": "漢😀"}\r\n\r\n'.encode()

    for place in range(len(body) + 1):
        assert read(body[:place], body[place:]) == [Frame("7", "training.log", '{"step": 1,\n"é": "漢😀"}')]


def test_bytes_that_arrive_one_by_one_give_the_same_frames() -> None:
    body = b"retry: 100\n\n: hello\n\nid: 1\ndata: a\n\nid: 2\rdata: b\r\rdata: c\n\r\n"

    assert list(FrameReader(bytes([byte]) for byte in body)) == list(FrameReader([body]))


def test_an_event_is_yielded_as_soon_as_its_blank_line_arrives() -> None:
    for end in (b"\n", b"\r", b"\r\n"):
        arrived: list[bytes] = []

        def pieces(end: bytes = end, arrived: list[bytes] = arrived) -> Iterator[bytes]:
            for piece in (b"data: 1" + end + end, b"data: 2" + end + end):
                arrived.append(piece)
                yield piece

        assert next(iter(FrameReader(pieces()))) == Frame(None, "message", "1")
        assert len(arrived) == 1, end


def test_an_incomplete_event_at_the_end_is_dropped_with_its_id() -> None:
    reader = FrameReader([b'id: 1\ndata: {}\n\nid: 2\ndata: {"step": 2}\n'])

    assert list(reader) == [Frame("1", "message", "{}")]


def test_a_body_that_breaks_off_raises_after_its_complete_events() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"id: 1\ndata: {}\n\nid: 2\nda"
        raise ConnectionResetError

    reader = FrameReader(pieces())
    frames = iter(reader)

    assert next(frames) == Frame("1", "message", "{}")
    with pytest.raises(ConnectionResetError):
        next(frames)


def test_a_comment_is_a_frame_without_a_name() -> None:
    assert list(FrameReader([b": keep-alive\n\n"])) == [Frame(None, "", "")]


def test_an_id_and_a_retry_without_data_take_effect() -> None:
    reader = FrameReader([b"id: 9\n\nretry: 250\n\n"])

    assert [(frame.id, frame.name) for frame in reader] == [("9", ""), (None, "")]
    assert reader.retry_ms == 250


@pytest.mark.parametrize("line", [b"retry: 1x", b"retry: -1", b"retry", "retry: ٣".encode(), b"id: a\0b"])
def test_an_invalid_retry_and_an_id_with_a_nul_are_ignored(line: bytes) -> None:
    reader = FrameReader([b"id: 1\nretry: 5\n\n", line + b"\ndata: x\n\n"])

    assert list(reader)[1] == Frame(None, "message", "x")
    assert reader.retry_ms == 5


def test_an_empty_id_is_not_the_same_as_none() -> None:
    reader = FrameReader([b"id: 1\ndata: a\n\nid\ndata: b\n\n"])

    assert [frame.id for frame in reader] == ["1", ""]


def test_an_empty_data_line_is_an_event_with_empty_data() -> None:
    assert read(b"data\n\n", b"data:\n\n") == [Frame(None, "message", "")] * 2


def test_invalid_utf_8_does_not_stop_the_stream() -> None:
    assert [frame.data for frame in read(b"data: \xff\xfe\n\ndata: ok\n\n")] == ["��", "ok"]


def test_an_event_of_5_mb_is_decoded_whole() -> None:
    data = json.dumps({"step": 1, "note": "x" * 5_000_000})
    body = f"data: {data}\n\n".encode()

    assert read(*cut(body, list(range(0, len(body), 65_536)))) == [Frame(None, "message", data)]


def test_an_event_of_half_a_million_lines_is_decoded_in_linear_time() -> None:
    lines = [f"line {number}" for number in range(500_000)]
    body = "".join(f"data: {line}\n" for line in lines).encode() + b"id: 7\n\ndata: next\n\n"

    assert read(*cut(body, list(range(0, len(body), 65_536)))) == [
        Frame("7", "message", "\n".join(lines)),
        Frame(None, "message", "next"),
    ]


@pytest.mark.parametrize("more", [b"", b": more\n" * 100])
def test_an_invalid_line_does_not_replace_a_valid_one_of_the_same_block(more: bytes) -> None:
    reader = FrameReader([b"id: 1\nretry: 5\nid: a\0b\nretry: 1x\n" + more + b"data: x\n\n"])

    assert list(reader) == [Frame("1", "message", "x")]
    assert reader.retry_ms == 5


def test_ten_thousand_events_in_one_piece_are_all_yielded() -> None:
    body = b"".join(b"id: %d\ndata: {}\n\n" % number for number in range(10_000))

    assert [frame.id for frame in read(body)] == [str(number) for number in range(10_000)]


@pytest.mark.parametrize("split", [1, 7, 1_000])
@pytest.mark.parametrize(
    "block",
    [
        b"id: 7\nevent: training.log\ndata: " + b"x" * 300 + b"\n",
        b"data: " + b"x" * 300 + b"\nid: 7\nevent: training.log\n",
        b"id: 6\nevent: other\n" + b"data: xxxx\n" * 40 + b"id: 7\nid: a\0b\nevent: training.log\n",
        b"event: training.log\nid: 7\nid: " + b"y" * 300 + b"\n" + b": comment\n" * 40,
    ],
    ids=["fields first", "fields last", "many lines", "a long id"],
)
def test_the_data_of_a_too_long_event_are_passed_over_and_its_fields_are_kept(
    monkeypatch: pytest.MonkeyPatch, block: bytes, split: int
) -> None:
    monkeypatch.setattr(sse, "BLOCK_LIMIT", 100)
    monkeypatch.setattr(sse, "FIELD_LIMIT", 40)
    monkeypatch.setattr(sse, "_SHORT_FIELD", re.compile(r"^(id|event|retry)(?::.{0,40})?$", re.MULTILINE))
    # The long events come at the end of a piece, since the limit is checked once per piece.
    body = b"id: 1\ndata: a\n\n" + block
    pieces = [*cut(body, list(range(split, len(body), split))), b"\nid: 8\nda", b"ta: c\n\n"]

    assert read(*pieces) == [
        Frame("1", "message", "a"),
        Frame("7", "training.log", "more than 100 characters"),
        Frame("8", "message", "c"),
    ]


def test_an_event_that_never_ends_is_refused_at_the_body_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "BLOCK_LIMIT", 100)
    monkeypatch.setattr(sse, "BODY_LIMIT", 1_000)

    with pytest.raises(BadAnswerError, match="more than 1,000 characters"):
        read(*[b"data: xxxxxxxxxx"] * 100)


def test_events_whose_blank_lines_arrive_separately_do_not_add_up_to_the_block_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse, "BLOCK_LIMIT", 100)

    assert len(read(*[b"data: xxxxxxxxxx\n", b"\n"] * 50)) == 50


def test_an_event_that_arrives_in_tiny_pieces_takes_little_more_memory_than_its_text():
    letters = 1_000_000
    pieces = (b"ab" for _ in range(letters // 2))
    tracemalloc.start()
    try:
        list(FrameReader(pieces))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * letters
