from __future__ import annotations

import json
import math

import pytest

from arkor_dash.errors import MalformedError
from arkor_dash.protocol.metric_summaries import (
    NOTHING_REPORTED,
    MetricSummary,
    parse_names,
    parse_summaries,
    summaries_json,
)
from arkor_dash.protocol.thin_curve import TEXT_LIMIT


def test_a_summary_has_the_last_value_and_the_lowest_and_highest_finite_ones() -> None:
    assert NOTHING_REPORTED.followed_by([2.0, -math.inf, 1.0]) == MetricSummary(1.0, 1.0, 2.0)
    assert NOTHING_REPORTED.followed_by([2.0]).followed_by([math.inf]) == MetricSummary(math.inf, 2.0, 2.0)
    assert math.isnan(MetricSummary(2.0, 2.0, 2.0).followed_by([math.nan]).last)


def test_summaries_are_read_as_they_were_sent() -> None:
    sent = {
        "loss": {"a": MetricSummary(math.inf, 0.5, 2.0, "2 0.5"), "b": MetricSummary(-math.inf, None, None)}
    }
    assert parse_summaries(json.loads(json.dumps({"metrics": summaries_json(sent)}))) == sent


def test_entries_of_another_form_are_left_out() -> None:
    metrics = {
        "loss": {"a": [1, 1, 1], "b": [1, 1], "c": "x", "d": ["x", 1, 1], "e": [1, 1, 1, [], 1]},
        "other": [],
    }
    assert parse_summaries({"metrics": metrics}) == {"loss": {"a": MetricSummary(1.0, 1.0, 1.0)}}
    assert parse_names({"names": ["a", 1, "", "b"]}) == ("a", "b")


@pytest.mark.parametrize(
    ("sent", "curve"), [("2 1", "2 1"), ([2], ""), ("1" * 2 * TEXT_LIMIT, "1" * TEXT_LIMIT)]
)
def test_a_curve_is_a_text_up_to_its_limit(sent: object, curve: str) -> None:
    read = parse_summaries({"metrics": {"loss": {"a": [1, 1, 1, sent]}}})
    assert read["loss"]["a"] == MetricSummary(1.0, 1.0, 1.0, curve)


@pytest.mark.parametrize("payload", [None, [], {}, {"metrics": [], "names": {}}])
def test_another_answer_is_malformed(payload: object) -> None:
    for parse in (parse_summaries, parse_names):
        with pytest.raises(MalformedError):
            parse(payload)
