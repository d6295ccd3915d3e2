"""Reports that are read from JSON all at once, compared with `parse_event`."""

from __future__ import annotations

import pytest

from arkor_dash.errors import MalformedError
from arkor_dash.metrics.history import MetricHistory
from arkor_dash.metrics.reading import read_reports
from arkor_dash.protocol.events import TrainingLog, parse_event

from .reports import described, history_of

AT = '"timestamp": "2026-11-23T11:37:28.453Z"'


def one_by_one(texts: list[str]) -> MetricHistory:
    events = [parse_event("training.log", text) for text in texts]
    return history_of(*(event for event in events if isinstance(event, TrainingLog)))


@pytest.mark.parametrize(
    "fields",
    [
        ['"loss": 1', '"loss": 2.5', '"loss": null'],
        ['"loss": NaN', '"loss": -Infinity', '"loss": 1e400', '"loss": "NaN"'],
        ['"train/loss": 1, "loss": 2', '"train/loss": 3, "loss": null', '"train/loss": null, "loss": 4'],
        ['"loss": 1, "train/loss": 2', '"loss": null, "train/loss": 2', '"loss": true, "train/loss": 2'],
        ['"loss": 0, "grad_norm": NaN', '"loss": 0.0, "grad_norm": 1', '"loss": 2, "grad_norm": Infinity'],
        ['"train/loss": -0.0, "train/grad_norm": NaN', '"train/loss": 1, "train/grad_norm": 1'],
        ['"loss": 1, "loss": 2', '"loss": 3, "loss": "x"'],
        ['"lr": "1e-4"', '"lr": [0.1, 0.2]', '"lr": false', '"lr": 1'],
        ['"a": 18446744073709551617', f'"a": 1{"0" * 400}', f'"a": {"1" * 5_000}'],
        ['"a": "\\ud800", "b": 1', '"\\ud800": 1, "b": 1', '"a": 1, "b": 1'],
        ['"a": 1, "b": 2', '"b": 3, "c": 4', '"d": 5, "a": null'],
        ['"a": 1', f'"{"n" * 300}": 1', '"": 1, "jobId": 2, "type": 3'],
    ],
)
def test_a_field_is_read_as_in_a_single_report(fields: list[str]) -> None:
    texts = [f'{{{AT}, "step": {step}, {each}}}' for step, each in enumerate(fields)]
    history = MetricHistory()
    history.extend(read_reports(texts))
    assert described(history.snapshot()) == described(one_by_one(texts).snapshot())


@pytest.mark.parametrize(
    "step", ["7", "7.5", "null", '"7"', "true", "NaN", "1e400", f"1{'0' * 400}", "-3", "[1]"]
)
def test_a_step_is_read_as_in_a_single_report(step: str) -> None:
    texts = [f'{{{AT}, "step": 1, "loss": 1}}', f'{{{AT}, "step": {step}, "loss": 2}}', '{"loss": 3}', "{}"]
    history = MetricHistory()
    history.extend(read_reports(texts))
    assert described(history.snapshot()) == described(one_by_one(texts).snapshot())


@pytest.mark.parametrize("text", ["", "[]", "1", "{", '{"step": 1}x', '{"a": "\t"}', '{"a":' + "[" * 2_000])
def test_what_is_no_json_object_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        read_reports(['{"step": 1}', text])
