"""A job's config as form fields, and the fields as a config."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.ui.job.config_form import FIELDS_LIMIT, FieldError, config_fields, read_field

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def read(value: object, entered: str | bool) -> object:
    (field,) = config_fields({"value": value})
    return read_field(field, entered)


def test_each_value_gets_the_field_of_its_type() -> None:
    config = {"on": True, "n": 8, "rate": 3e-4, "text": "x", "none": None, "list": [1], "dict": {"é": 1}}
    assert [(field.name, field.kind, field.shown) for field in config_fields(config)] == [
        ("on", "switch", True),
        ("n", "number", "8"),
        ("rate", "number", "0.0003"),
        ("text", "text", "x"),
        ("none", "json", "null"),
        ("list", "json", "[1]"),
        ("dict", "json", '{"é": 1}'),
    ]


@given(VALUES)
def test_an_unchanged_field_gives_the_original_value(value: object) -> None:
    (field,) = config_fields({"value": value})
    assert read_field(field, field.shown) is value


@pytest.mark.parametrize(
    ("value", "entered", "read_as"),
    [
        (1, "2", 2),
        (1, " -3 ", -3),
        (1, "0.5", 0.5),
        (0.5, "2", 2),
        (0.5, "1e-4", 1e-4),
        (math.nan, "1.5", 1.5),
        (True, False, False),
        ("7", "8", "8"),
        ("x", "", ""),
        (None, "3", 3),
        ([1], '{"a": [true, null]}', {"a": [True, None]}),
        ({"a": 1}, '"text"', "text"),
    ],
)
def test_an_edited_value_is_read_in_its_type(value: object, entered: str | bool, read_as: object) -> None:
    found = read(value, entered)
    assert (found, type(found)) == (read_as, type(read_as))


@pytest.mark.parametrize("entered", ["", "x", "1_000", "NaN", "inf", "1e999", "0x10", "1 2", "true"])
def test_a_text_that_is_not_a_number_is_refused(entered: str) -> None:
    with pytest.raises(FieldError, match="should be a number"):
        read(0.5, entered)


@pytest.mark.parametrize("entered", ["", "{", "[1,]", "NaN", "text", "[" * 100_000, "1" * 5_000])
def test_a_text_that_is_not_json_is_refused(entered: str) -> None:
    with pytest.raises(FieldError, match="should be JSON"):
        read([1], entered)


def test_a_form_has_a_limited_number_of_fields() -> None:
    assert len(config_fields({str(number): number for number in range(500)})) == FIELDS_LIMIT


SIGNED = "https://key:secret@bucket.example/train.jsonl?signature=secret#secret"
CUT = "https://…@bucket.example/train.jsonl?…"


@pytest.mark.parametrize("value", [SIGNED, {"type": "blob", "url": SIGNED}, [SIGNED], f"see {SIGNED} first"])
def test_the_secret_parts_of_an_address_are_not_in_the_form(value: object) -> None:
    (field,) = config_fields({"value": value})
    assert "secret" not in str(field.shown)
    assert CUT in str(field.shown)
    assert read_field(field, field.shown) is value


@pytest.mark.parametrize(
    ("value", "entered", "submitted"),
    [
        ({"url": SIGNED, "n": 1}, f'{{"url": "{CUT}", "n": 2}}', {"url": SIGNED, "n": 2}),
        (f"see {SIGNED} first", f"see {CUT} last", f"see {SIGNED} last"),
        (SIGNED, "https://other.example/?a=b", "https://other.example/?a=b"),
        (SIGNED, "", ""),
        ("Really…?", "Really…", "Really…"),
    ],
)
def test_an_address_that_was_left_as_it_is_is_submitted_whole(
    value: object, entered: str, submitted: object
) -> None:
    assert read(value, entered) == submitted


@pytest.mark.parametrize(
    ("value", "entered"),
    [
        (SIGNED, CUT.replace("train", "test")),
        ([SIGNED, SIGNED.replace("signature=secret", "signature=other")], f'["{CUT}"]'),
    ],
)
def test_an_edited_address_of_which_a_part_is_not_shown_is_refused(value: object, entered: str) -> None:
    with pytest.raises(FieldError, match="Enter this address as a whole"):
        read(value, entered)
