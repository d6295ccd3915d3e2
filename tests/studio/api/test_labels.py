"""What people add to a job, as the dashboard sends it."""

from __future__ import annotations

import json

import pytest

from arkor_dash.protocol.labels import NAME_LIMIT, NOTES_LIMIT, TAG_LIMIT, TAGS_LIMIT, LabelChange
from arkor_dash.studio.api.labels import parse_change
from arkor_dash.studio.errors import RequestError


def parsed(fields: object) -> LabelChange:
    return parse_change(json.dumps(fields).encode())


def test_missing_and_null_fields_change_nothing() -> None:
    assert parsed({}) == parsed({"name": None, "tags": None, "archived": None}) == LabelChange()


def test_texts_lose_their_margins_and_a_tag_comes_once_whatever_its_case() -> None:
    fields = {"name": " a \n b ", "tags": ["  best   run ", "", "BEST RUN", "x"], "notes": " two\nlines \n"}
    assert parsed(fields) == LabelChange("a b", ("best run", "x"), "two\nlines")


def test_an_empty_text_is_a_change() -> None:
    assert parsed({"name": "", "notes": "", "tags": [], "archived": False}) == LabelChange("", (), "", False)


def test_characters_that_no_database_can_hold_are_replaced() -> None:
    assert parsed({"name": "a\x00", "tags": ["b\ud800"]}) == LabelChange("a\ufffd", ("b\ufffd",))


@pytest.mark.parametrize(
    "fields",
    [
        [],
        {"name": 1},
        {"tags": "a"},
        {"tags": [1]},
        {"archived": "yes"},
        {"notes": "n" * (NOTES_LIMIT + 1)},
        {"name": "n" * (NAME_LIMIT + 1)},
        {"tags": ["t" * (TAG_LIMIT + 1)]},
        {"tags": [str(number) for number in range(TAGS_LIMIT + 1)]},
    ],
)
def test_what_is_of_another_form_or_too_long_is_refused(fields: object) -> None:
    with pytest.raises(RequestError) as refused:
        parsed(fields)
    assert refused.value.status == 400
