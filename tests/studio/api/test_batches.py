from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.studio.api.batches import (
    ARTIFACT_LIMIT,
    CONFIG_LIMIT,
    ERROR_LIMIT,
    EVENT_LIMIT,
    parse_batch,
    parse_description,
)
from arkor_dash.studio.errors import RequestError
from arkor_dash.studio.storage.formats import NESTING_LIMIT, json_line
from arkor_dash.studio.storage.records import Artifact, NewEvent

STAMP = "2026-11-23T11:37:28.453Z"
AT = datetime(2026, 11, 23, 11, 37, 28, 453_000, tzinfo=UTC)


def body(*events: Any) -> bytes:
    return json.dumps({"events": list(events)}).encode()


def event(seq: Any = 1, name: Any = "training.log", data: Any = None) -> dict[str, Any]:
    return {"seq": seq, "event": name, "data": {} if data is None else data}


def one(name: str, data: dict[str, Any]) -> NewEvent:
    (parsed,) = parse_batch(body(event(1, name, data)))
    return parsed


def test_a_batch_keeps_the_order_the_names_and_the_data() -> None:
    parsed = parse_batch(body(event(7, "training.started"), event(8, "custom-1_x", {"a": [1, None]})))
    assert [(each.seq, each.name, each.data) for each in parsed] == [
        (7, "training.started", "{}"),
        (8, "custom-1_x", '{"a": [1, null]}'),
    ]


def test_an_empty_batch_is_accepted() -> None:
    assert parse_batch(body()) == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"{}",
        b'{"events": {}}',
        b'{"events": [1]}',
        b"[" * 100_000,
        b'{"events": [{"seq": 1' + b"0" * 5_000 + b', "event": "x", "data": {}}]}',
        body(event(0)),
        body(event(-1)),
        body(event(1.0)),
        body(event(True)),
        body(event("1")),
        body(event(None)),
        body(event(2**63)),
        body(event(name="")),
        body(event(name="end")),
        body(event(name="a\nb")),
        body(event(name="x\n")),
        body(event(name="x" * 65)),
        body(event(name="\x00")),
        body(event(name=3)),
        body(event(data=[])),
        body(event(data="{}")),
        body({"seq": 1, "event": "x"}),
        body(event(1), event(3)),
        body(event(2), event(2)),
        body(event(2), event(1)),
    ],
)
def test_a_batch_of_another_form_is_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        parse_batch(raw)
    assert refused.value.status == 400
    assert 0 < len(str(refused.value)) < 200


def test_an_event_that_is_too_large_is_refused() -> None:
    around = len(json_line({"x": ""}))
    assert parse_batch(body(event(data={"x": "y" * (EVENT_LIMIT - around)})))
    for text in ("y" * (EVENT_LIMIT - around + 1), "名" * (EVENT_LIMIT // 3)):
        with pytest.raises(RequestError) as refused:
            parse_batch(body(event(data={"x": text})))
        assert refused.value.status == 413


def test_an_event_has_the_trainers_timestamp() -> None:
    assert one("training.started", {"timestamp": STAMP}).emitted_at == AT
    assert one("training.started", {"timestamp": AT.timestamp() * 1000}).emitted_at == AT


@pytest.mark.parametrize("stamp", [None, 5, "", "yesterday", "9999-12-31T23:59:59-23:59", []])
def test_an_event_without_a_timestamp_has_the_time_of_its_receipt(stamp: object) -> None:
    before = datetime.now(UTC)
    assert before <= one("training.started", {"timestamp": stamp}).emitted_at <= datetime.now(UTC)


def test_the_error_of_a_failure_is_cleaned_and_cut_before_it_is_stored() -> None:
    assert one("training.failed", {"error": "out of\x00 memory \ud800"}).error == "out of\ufffd memory \ufffd"
    assert len(one("training.failed", {"error": "x" * 10**6}).error or "") == ERROR_LIMIT
    assert one("training.failed", {"error": ["x"]}).error == '["x"]'
    assert one("training.failed", {"error": {"message": "disk full", "code": 3}}).error == "disk full"
    assert one("training.log", {"error": "x"}).error is None


def test_artifacts_are_read_from_checkpoints_and_completions() -> None:
    data = {"step": 5, "timestamp": STAMP, "artifacts": [{"kind": "m", "name": "n", "sizeBytes": 3}]}
    expected = (Artifact("m", "n", AT, 5.0, 3),)
    assert one("checkpoint.saved", data).artifacts == expected
    assert one("training.completed", data).artifacts == expected
    assert one("training.log", data).artifacts == ()


@pytest.mark.parametrize(
    ("artifacts", "expected"),
    [
        (None, []),
        ("x", []),
        ([1, None, "x", []], []),
        ([{}], [("artifact", "", None)]),
        ([{"kind": 1, "name": None, "sizeBytes": "1"}], [("artifact", "", None)]),
        ([{"kind": "\x00", "name": "\ud800", "sizeBytes": -1}], [("\ufffd", "\ufffd", None)]),
        ([{"sizeBytes": True}, {"sizeBytes": 2**63}, {"sizeBytes": 0}], [("artifact", "", None)] * 2),
    ],
)
def test_malformed_artifact_entries_are_read_as_far_as_possible(
    artifacts: object, expected: list[object]
) -> None:
    found = one("training.completed", {"artifacts": artifacts}).artifacts
    assert [(each.kind, each.name, each.size_bytes) for each in found][: len(expected)] == expected


def test_the_number_of_artifacts_of_an_event_is_limited() -> None:
    many = one("training.completed", {"artifacts": [{}] * (ARTIFACT_LIMIT + 1)})
    assert len(many.artifacts) == ARTIFACT_LIMIT


@pytest.mark.parametrize("step", [None, "5", True, float("nan"), 10**400, [5]])
def test_a_step_that_is_not_a_finite_number_is_ignored(step: object) -> None:
    (artifact,) = one("checkpoint.saved", {"step": step, "artifacts": [{}]}).artifacts
    assert artifact.step is None


def test_a_description_has_a_name_and_a_config() -> None:
    assert parse_description(b'{"name": "a", "config": {"lr": NaN}}') == ("a", '{"lr": NaN}')
    assert parse_description(b'{"name": "a\\u0000\\ud800", "config": null}') == ("a\ufffd\ufffd", "{}")
    assert len(parse_description(json.dumps({"name": "x" * 20_000}).encode())[0]) == 10_000


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b'{"name": ""}', b'{"name": " "}', b'{"name": 1}', b'{"name": "a", "config": []}'],
)
def test_a_description_of_another_form_is_refused(raw: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        parse_description(raw)
    assert refused.value.status == 400


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    describe = b'{"name": "n", "config": %b}'
    assert parse_description(describe % nested(NESTING_LIMIT - 1))
    batch = b'{"events": [{"seq": 1, "event": "x", "data": %b}]}'
    assert parse_batch(batch % nested(NESTING_LIMIT - 3))
    for refused in (
        lambda: parse_description(describe % nested(NESTING_LIMIT)),
        lambda: parse_batch(batch % nested(NESTING_LIMIT - 2)),
    ):
        with pytest.raises(RequestError, match="at most 100 levels"):
            refused()


def test_a_config_that_is_too_large_for_the_list_of_jobs_is_refused() -> None:
    def describe(size: int) -> bytes:
        return json.dumps({"name": "n", "config": {"a": "x" * (size - len('{"a": ""}'))}}).encode()

    assert len(parse_description(describe(CONFIG_LIMIT))[1]) == CONFIG_LIMIT
    with pytest.raises(RequestError) as refused:
        parse_description(describe(CONFIG_LIMIT + 1))
    assert refused.value.status == 413


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_encoded_json_is_one_line_for_every_reader_and_decodes_to_the_same_value(value: object) -> None:
    line = json_line({"value": value})
    assert len(line.splitlines()) == 1
    assert "\x00" not in line
    line.encode()
    assert json.loads(line) == {"value": value}


def test_a_lone_surrogate_and_text_of_any_language_survive() -> None:
    assert json.loads(json_line({"a": "\ud800 名"})) == {"a": "\ud800 名"}
    assert json_line({"a": "名\u2028"}) == '{"a": "名\\u2028"}'
