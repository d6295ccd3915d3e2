"""Parsing events from frames, and their messages in the event log."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.errors import MalformedError
from arkor_dash.protocol.events import (
    EVENT_NAMES,
    MESSAGE_LIMIT,
    CheckpointSaved,
    Event,
    StreamEnd,
    TrainingCancelled,
    TrainingCompleted,
    TrainingFailed,
    TrainingLog,
    TrainingStarted,
    format_loss,
    format_step,
    message,
    parse_event,
)
from arkor_dash.protocol.metric_names import eval_set, metric_name

SEEN_AT = "2026-11-23T11:37:28.453Z"
SEEN_AT_MS = 1795433848453.0


def parsed(name: str, **fields: object) -> Event:
    event = parse_event(name, json.dumps(fields))
    assert event is not None
    return event


def log_of(data: str) -> TrainingLog:
    event = parse_event("training.log", data)
    assert isinstance(event, TrainingLog)
    return event


def test_a_started_event_keeps_its_json_unchanged() -> None:
    data = '{"jobId":  "j", "metadata": {"gpu": "A100"}}'
    assert parse_event("training.started", data) == TrainingStarted(None, data)


def test_a_log_event_has_every_field_that_was_sent() -> None:
    event = parsed(
        "training.log",
        timestamp=SEEN_AT,
        step=40,
        loss=2.5,
        evalLoss=2.75,
        learningRate=1e-4,
        epoch=0.5,
        samplesPerSecond=12,
    )
    assert event == TrainingLog(
        SEEN_AT_MS,
        40,
        loss=2.5,
        eval_loss=2.75,
        metrics={
            "loss": 2.5,
            "eval_loss": 2.75,
            "learning_rate": 1e-4,
            "epoch": 0.5,
            "samples_per_second": 12.0,
        },
    )


def test_every_number_of_a_report_is_a_metric() -> None:
    event = parsed(
        "training.log",
        type="training.log",
        jobId="j",
        timestamp=SEEN_AT,
        step=40,
        accuracy=1,
        done=True,
        note="high",
        remaining_time="3 days, 4:29:51",
        parts=[1, 2],
        grad_norm="NaN",
        reward="-Infinity",
        **{"rewards/format": 0.7, "": 1.0, "n" * 201: 1.0, "half \ud83d": 2.0},
    )
    assert isinstance(event, TrainingLog)
    assert repr(event.metrics) == repr(
        {"accuracy": 1.0, "grad_norm": math.nan, "reward": -math.inf, "rewards/format": 0.7, "half ?": 2.0}
    )


@pytest.mark.parametrize(
    ("fields", "metrics"),
    [
        ({"lr": 1e-4}, {"learning_rate": 1e-4}),
        ({"learning_rate": 1e-4, "lr": 5.0}, {"learning_rate": 1e-4}),
        ({"lr": 5.0, "learning_rate": 1e-4}, {"learning_rate": 1e-4}),
        ({"eval/loss": 2.0}, {"eval_loss": 2.0}),
        ({"eval_loss": None, "val_loss": 2.0}, {"eval_loss": 2.0}),
        ({"train/loss": 2.0, "train_loss": 3.0}, {"loss": 2.0, "train_loss": 3.0}),
    ],
)
def test_a_metric_has_one_name(fields: dict[str, object], metrics: dict[str, float]) -> None:
    event = parsed("training.log", step=1, **fields)
    assert isinstance(event, TrainingLog)
    assert event.metrics == metrics


@pytest.mark.parametrize(
    ("name", "found"),
    [("eval_a_loss", "a"), ("eval/a_loss", "a"), ("eval/a/b/loss", "a/b"), ("val_a_loss", "a")]
    + [(name, None) for name in ("eval_loss", "eval/loss", "eval_a_accuracy", "loss", "my_eval_a_loss")],
)
def test_the_loss_of_an_evaluation_set_is_known_by_its_name(name: str, found: str | None) -> None:
    assert eval_set(name) == found


def test_checkpoint_completed_failed_and_cancelled_events_are_parsed() -> None:
    artifact = {"name": "adapter"}
    assert parsed("checkpoint.saved", step=5, artifacts=[artifact]) == CheckpointSaved(None, 5, (artifact,))
    assert parsed("training.completed", artifacts=[artifact]) == TrainingCompleted(None, (artifact,))
    assert parsed("training.failed", error="boom", step=3) == TrainingFailed(None, "boom", 3)
    assert parsed("training.cancelled", artifacts=[artifact]) == TrainingCancelled(None, (artifact,))
    assert parsed("training.cancelled", error="boom") == TrainingCancelled(None, (), "boom")


def test_fields_that_are_null_or_missing_are_none_or_empty() -> None:
    assert log_of('{"step": 1, "loss": null}') == TrainingLog(None, 1)
    assert parsed("training.completed", artifacts=None) == TrainingCompleted(None)
    assert parsed("training.failed") == TrainingFailed(None, "")


def test_the_end_needs_no_data() -> None:
    assert parse_event("end", "") == StreamEnd()


@pytest.mark.parametrize("name", ["ping", "status", "log", "message", ""])
def test_other_frames_are_skipped_whatever_their_data(name: str) -> None:
    assert parse_event(name, "{not json") is None


@pytest.mark.parametrize(
    "data",
    ["", "{", "[1]", "null", "7", '"text"', '{"step": 1', "[" * 100_000, "9" * 5_000],
    ids=["empty", "cut", "list", "null", "number", "text", "half", "deep", "long number"],
)
def test_data_that_is_not_a_json_object_is_malformed(data: str) -> None:
    with pytest.raises(MalformedError, match="expected a JSON object"):
        parse_event("training.log", data)


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"learningRate": "1e-4"}, {"metrics": {"loss": 1.5, "learning_rate": 1e-4}}),
        ({"learningRate": [1e-4, 1e-5]}, {"metrics": {"loss": 1.5, "learning_rate": 1e-4}}),
        ({"learningRate": "fast"}, {}),
        ({"epoch": "1/3"}, {"metrics": {"loss": 1.5, "epoch": 1.0}}),
        ({"epoch": True}, {}),
        ({"samplesPerSecond": []}, {}),
        ({"samplesPerSecond": {"mean": 2}}, {}),
        ({"timestamp": 1764147600000}, {"emitted_at_ms": 1764147600000.0}),
        ({"timestamp": 1764147600}, {"emitted_at_ms": 1764147600000.0}),
        ({"timestamp": 5}, {}),
        ({"timestamp": {}}, {}),
        ({"step": "7"}, {"step": None}),
        ({"evalLoss": "2.5"}, {}),
    ],
)
def test_a_field_of_another_type_leaves_the_rest_of_the_event(
    fields: dict[str, object], kept: dict[str, object]
) -> None:
    event = parsed("training.log", **{"step": 3, "loss": 1.5, **fields})
    assert event == replace(TrainingLog(None, 3, 1.5, metrics={"loss": 1.5}), **kept)


def test_a_failure_whose_error_is_an_object_is_a_failure() -> None:
    event = parsed("training.failed", error={"message": "CUDA out of memory", "code": 3}, step=7)
    assert event == TrainingFailed(None, "CUDA out of memory", 7)


def test_artifacts_in_an_object_are_counted_and_named() -> None:
    event = parsed("training.completed", artifacts={"adapter": "a.safetensors"})
    assert event == TrainingCompleted(None, ("a.safetensors",))
    assert message(event) == "1 artifact"


def test_a_number_of_thousands_of_digits_leaves_the_rest_of_the_event() -> None:
    digits = "9" * 5_000
    event = log_of(
        f'{{"step": 3, "loss": 1.5, "learningRate": {digits}, "timestamp": {digits}, "x": {digits}}}'
    )
    assert event == TrainingLog(None, 3, 1.5, metrics={"loss": 1.5, "learning_rate": math.inf, "x": math.inf})


@pytest.mark.parametrize("loss", ['"2.5"', "null", "true", "[1]", "{}"])
def test_a_loss_that_is_not_a_number_is_none(loss: str) -> None:
    event = log_of(f'{{"step": 1, "loss": {loss}, "evalLoss": {loss}}}')
    assert (event.loss, event.eval_loss) == (None, None)


@pytest.mark.parametrize(
    ("loss", "word"),
    [
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("1e309", "Infinity"),
        ("1" + "0" * 400, "Infinity"),
        ("-1" + "0" * 400, "-Infinity"),
        ('"NaN"', "NaN"),
        ('"Infinity"', "Infinity"),
        ('"-inf"', "-Infinity"),
    ],
)
def test_a_loss_that_is_not_finite_is_kept(loss: str, word: str) -> None:
    event = log_of(f'{{"step": 1, "loss": {loss}}}')
    assert event.loss is not None
    assert not math.isfinite(event.loss)
    assert message(event) == f"step=1 loss={word}"


@pytest.mark.parametrize("gradient", ["NaN", "Infinity", '"NaN"'])
def test_a_loss_of_zero_with_a_gradient_that_is_not_finite_was_not_finite(gradient: str) -> None:
    event = log_of(f'{{"step": 1, "loss": 0.0, "grad_norm": {gradient}}}')
    assert math.isnan(event.metrics["loss"])
    assert message(event) == "step=1 loss=NaN"


@pytest.mark.parametrize("rest", ['"grad_norm": 0', '"eval_loss": 1', '"loss": 0.5, "grad_norm": NaN'])
def test_any_other_loss_is_as_it_was_reported(rest: str) -> None:
    event = log_of(f'{{"step": 1, "loss": 0, {rest}}}')
    assert event.metrics["loss"] == event.loss
    assert event.loss in (0.0, 0.5)


@pytest.mark.parametrize("step", ["null", '"7"', "true", "NaN", "Infinity", "1e309", "[]", "{}"])
def test_a_step_that_is_not_a_number_is_shown_as_a_dash(step: str) -> None:
    event = log_of(f'{{"step": {step}, "loss": 1}}')
    assert event.step is None
    assert message(event) == "step=- loss=1.0000"


@pytest.mark.parametrize(
    ("step", "text"),
    [(7, "7"), (7.0, "7"), (7.5, "7.5"), (-3, "-3"), (2**53 + 1, "9007199254740993"), (0, "0")],
)
def test_a_step_is_shown_without_needless_decimals(step: float, text: str) -> None:
    event = parsed("checkpoint.saved", step=step)
    assert message(event) == f"step={text}"
    assert format_step(step) == text


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (TrainingStarted(None, '{"a": 1}'), '{"a": 1}'),
        (TrainingLog(None, 3, 1.23456, 2.0), "step=3 loss=1.2346 evalLoss=2.0000"),
        (TrainingLog(None, 3, eval_loss=2.0), "step=3 evalLoss=2.0000"),
        (TrainingLog(None, 3), "step=3"),
        (CheckpointSaved(None, None), "step=-"),
        (TrainingCompleted(None, ()), "0 artifacts"),
        (TrainingCompleted(None, ("a",)), "1 artifact"),
        (TrainingCompleted(None, ("a", "b")), "2 artifacts"),
        (TrainingFailed(None, "CUDA out of memory"), "CUDA out of memory"),
        (TrainingCancelled(None, ("a",)), "1 artifact"),
        (TrainingCancelled(None, ("a",), "disk full"), "disk full"),
        (StreamEnd(), ""),
    ],
)
def test_each_event_has_the_message_that_the_studio_shows(event: Event, text: str) -> None:
    assert message(event) == text


def test_a_message_of_megabytes_is_cut_and_shows_its_length() -> None:
    text = message(TrainingFailed(None, "x" * 5_000_000))
    assert text == "x" * MESSAGE_LIMIT + "… (5,000,000 characters)"
    assert message(TrainingFailed(None, "x" * MESSAGE_LIMIT)) == "x" * MESSAGE_LIMIT


def test_lone_surrogates_of_an_event_become_question_marks() -> None:
    event = parse_event("training.failed", r'{"error": "half \ud83d, whole \ud83d\ude00"}')
    assert event == TrainingFailed(None, "half ?, whole 😀")


def test_each_event_class_is_parsed_from_its_event_name() -> None:
    for kind, name in EVENT_NAMES.items():
        assert isinstance(parse_event(name, "{}"), kind)


def test_an_event_with_an_unreadable_time_is_kept() -> None:
    assert log_of('{"timestamp": "soon", "step": 1}') == TrainingLog(None, 1)


@given(st.floats())
def test_every_float_can_be_formatted_as_a_loss(loss: float) -> None:
    text = format_loss(loss)
    assert math.isnan(loss) == (text == "NaN")
    assert math.isinf(loss) == text.endswith("Infinity")
    if math.isfinite(loss):
        assert text == str(Decimal(loss).quantize(Decimal("0.0001"), context=Context(prec=400)))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
VALID: dict[str, object] = {
    "type": "training.log",
    "jobId": "job-1",
    "timestamp": SEEN_AT,
    "metadata": {},
    "metrics": {},
    "step": 3,
    "loss": 1.5,
    "evalLoss": 1.25,
    "learningRate": 1e-4,
    "epoch": 0.5,
    "samplesPerSecond": 12,
    "error": "boom",
    "artifacts": [],
}
ATTRIBUTES = {"timestamp": "emitted_at_ms", "metadata": "payload", "evalLoss": "eval_loss"}


@given(st.sampled_from(list(EVENT_NAMES.values())), st.sampled_from(list(VALID)), values)
def test_any_json_value_in_one_field_leaves_the_rest_of_the_event(
    name: str, field: str, value: object
) -> None:
    valid, spoiled = parsed(name, **VALID), parsed(name, **{**VALID, field: value})
    for attribute in fields(valid):
        if attribute.name not in (ATTRIBUTES.get(field, field), "payload", "metrics"):
            assert getattr(spoiled, attribute.name) == getattr(valid, attribute.name)
    if isinstance(valid, TrainingLog) and isinstance(spoiled, TrainingLog):
        own = metric_name(field)
        others = {name: number for name, number in valid.metrics.items() if name != own}
        assert {name: number for name, number in spoiled.metrics.items() if name != own} == others
    message(spoiled).encode()


@given(
    st.sampled_from([*EVENT_NAMES.values(), "ping"]), st.dictionaries(st.sampled_from(list(VALID)), values)
)
def test_any_json_object_is_an_event_with_a_message(name: str, payload: dict[str, object]) -> None:
    event = parse_event(name, json.dumps(payload))
    assert (event is None) == (name == "ping")
    if event is not None:
        message(event).encode()
