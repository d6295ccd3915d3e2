"""Reading single JSON values of any type."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.protocol.fields import (
    parse_json,
    parse_time,
    read_artifacts,
    read_error,
    read_number,
    read_text,
    read_time,
    shortened,
    to_number,
    utc_time,
)

SEEN_AT = "2026-11-23T11:37:28.453Z"
ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Any text, lone surrogates included."""
NOON = datetime(2025, 11, 26, 9, 0, tzinfo=UTC)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(values)
def test_only_a_json_number_becomes_a_number(value: object) -> None:
    number = to_number(value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    assert (number is not None) == is_number
    if isinstance(value, int) and is_number and abs(value) < 2**53:
        assert number == value


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (2, 2.0),
        ("1e-4", 1e-4),
        (" 3 ", 3.0),
        ("1/3", 1.0),
        ("2.5 / 10", 2.5),
        ([1e-4, 1e-5], 1e-4),
        (["1e-4"], 1e-4),
        ("Infinity", math.inf),
        (10**400, math.inf),
        ("fast", None),
        ("a/b", None),
        ("1/2/3", None),
        ("", None),
        (True, None),
        (None, None),
        ([], None),
        ([[1]], None),
        ({"value": 1}, None),
    ],
)
def test_a_number_is_read_from_numbers_text_and_lists(value: object, number: float | None) -> None:
    assert read_number(value) == number


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2025-11-26T09:00:00Z", NOON),
        (1764147600, NOON),
        (1764147600.0, NOON),
        (1764147600000, NOON),
        ("1764147600000", NOON),
        (12.5, None),
        (0, None),
        (-1764147600000, None),
        (math.nan, None),
        (math.inf, None),
        (1e300, None),
        (True, None),
        ([1764147600000], None),
        ({}, None),
        (None, None),
    ],
)
def test_a_time_is_read_from_text_seconds_and_milliseconds(value: object, moment: datetime | None) -> None:
    assert read_time(value) == moment


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("boom", "boom"),
        ("half \ud83d", "half ?"),
        ({"message": "CUDA out of memory", "code": 3}, "CUDA out of memory"),
        ({"message": 7}, '{"message": 7}'),
        ({"code": 3, "détail": "\ud83d"}, '{"code": 3, "détail": "?"}'),
        (["a", "b"], '["a", "b"]'),
        (3, "3"),
        (None, ""),
        (False, ""),
        ({}, ""),
        ("", ""),
    ],
)
def test_an_error_is_read_from_text_objects_and_lists(value: object, text: str) -> None:
    assert read_error(value) == text


@pytest.mark.parametrize(
    ("value", "artifacts"),
    [
        ([{"name": "a"}, "b", 3], ({"name": "a"}, "b", 3)),
        ({"adapter": "a.safetensors", "tokenizer": "t.json"}, ("a.safetensors", "t.json")),
        ({"adapter": {"sizeBytes": 3}}, ({"name": "adapter", "sizeBytes": 3},)),
        ({"adapter": {"name": "a.bin"}}, ({"name": "a.bin"},)),
        ({"adapter": None}, ("adapter",)),
        ({"name": "a.bin", "sizeBytes": 3}, ({"name": "a.bin", "sizeBytes": 3},)),
        ("a.bin", ("a.bin",)),
        (2, ()),
        (None, ()),
        ({}, ()),
    ],
)
def test_artifacts_are_read_from_lists_objects_and_text(value: object, artifacts: tuple[object, ...]) -> None:
    assert read_artifacts(value) == artifacts


@given(values)
def test_no_json_value_makes_a_reader_raise(value: object) -> None:
    read_number(value)
    moment = read_time(value)
    assert moment is None or moment.tzinfo is UTC
    read_error(value).encode()
    read_text(value).encode()
    json.dumps(read_artifacts(value))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (SEEN_AT, datetime(2026, 11, 23, 11, 37, 28, 453000, tzinfo=UTC)),
        ("2026-11-23T13:37:28+02:00", datetime(2026, 11, 23, 11, 37, 28, tzinfo=UTC)),
        ("2026-11-23T11:37:28", datetime(2026, 11, 23, 11, 37, 28, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_time_as_text_is_converted_to_utc_or_none(text: str, moment: datetime | None) -> None:
    assert parse_time(text) == moment


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7, minutes=-30))])))
def test_an_iso_time_round_trips(moment: datetime) -> None:
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        assert parse_time(moment.isoformat()) is None
        return
    assert parse_time(moment.isoformat()) == expected


@pytest.mark.parametrize(
    ("unix_ms", "moment"),
    [
        (1795693048453.4, datetime(2026, 11, 26, 11, 37, 28, 453000, tzinfo=UTC)),
        (-0.6, datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        (253402300799999.0, datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        (253402300800000.0, None),
        (-62135596800000.0, datetime(1, 1, 1, tzinfo=UTC)),
        (-62135596800001.0, None),
        (1e300, None),
        (math.nan, None),
        (-math.inf, None),
    ],
)
def test_unix_milliseconds_are_converted_to_utc_or_none(unix_ms: float, moment: datetime | None) -> None:
    assert utc_time(unix_ms) == moment


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'{"a\ud800": ["\uDFFFb", {"c": "\udc00\ud83d"}]}', {"a?": ["?b", {"c": "??"}]}),
        (rb'"\ud83d\ude00 \\ud800"', "\U0001f600 \\ud800"),
        (b'"\xed\xa0\x80"', "?"),
        ('"\U0001f600"'.encode(), "\U0001f600"),
        (b"[1, null, NaN]", [1, None, math.nan]),
    ],
)
def test_a_lone_surrogate_in_json_becomes_a_question_mark(body: bytes, value: object) -> None:
    assert repr(parse_json(body)) == repr(value)


@given(values)
def test_json_without_lone_surrogates_is_parsed_unchanged(value: object) -> None:
    assert repr(parse_json(json.dumps(value).encode())) == repr(json.loads(json.dumps(value)))


@given(st.recursive(ANY_TEXT, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner), max_leaves=6))
def test_what_was_parsed_can_always_be_sent_as_utf_8(value: object) -> None:
    json.dumps(parse_json(json.dumps(value).encode()), ensure_ascii=False).encode()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a": 1} x'])
def test_bytes_that_are_not_json_are_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_json(body)


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert shortened("abcdef", 3) == "abc…"
    assert shortened("abc", 3) == "abc"
