"""A job's config as its card shows it."""

from __future__ import annotations

import json

from arkor_dash.ui.job.config_card import JSON_LIMIT, TEXT_LIMIT, VALUES_LIMIT, config_shown


def test_addresses_are_shown_and_copied_without_what_may_be_secret() -> None:
    shown = config_shown({"data": {"url": "https://ada:pw@host/d.jsonl?sig=abc"}})
    assert shown.values == [("data.url", "https://…@host/d.jsonl?…")]
    assert json.loads(shown.json) == {"data": {"url": "https://…@host/d.jsonl?…"}}


def test_the_config_is_copied_with_its_types_and_its_nesting() -> None:
    config = {"lora": {"r": 8, "targets": ["q", "v"]}, "rate": 2e-5, "fp16": True, "text": "8", "none": None}
    assert json.loads(config_shown(config).json) == config


def test_half_a_character_is_shown_as_a_question_mark() -> None:
    shown = config_shown({"a\ud800": "b\udfff"})
    assert shown.values == [("a?", "b?")]
    shown.json.encode()


def test_a_huge_config_is_cut_and_not_copied() -> None:
    long = [
        "x" * (TEXT_LIMIT + 1) if number < JSON_LIMIT / TEXT_LIMIT else ""
        for number in range(VALUES_LIMIT + 1)
    ]
    shown = config_shown({f"name{number}": text for number, text in enumerate(long)})
    assert (len(shown.values), shown.count, shown.json) == (VALUES_LIMIT, VALUES_LIMIT + 1, "")
    assert len(shown.values[0][1]) == TEXT_LIMIT + 1
    assert shown.values[0][1].endswith("x…")
