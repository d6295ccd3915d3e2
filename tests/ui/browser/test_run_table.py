"""What the table of compared runs is given."""

from __future__ import annotations

import json
import math
import time

import pytest

from arkor_dash.live.parts import Part
from arkor_dash.ui.browser.run_table import ShownColumn, run_table_part, sort_key, text_key


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (0.5, 0.5),
        (7, 7),
        ("1e-4", 1e-4),
        (None, None),
        (math.nan, None),
        (math.inf, 1e300),
        (-math.inf, -1e300),
        ("auto", "auto"),
        ("nan", "nan"),
        ("x" * 500, "x" * 200 + "…"),
    ],
)
def test_numbers_are_sorted_as_numbers_though_a_config_has_them_as_text(
    value: str | float | None, key: str | float | None
) -> None:
    assert sort_key(value) == key


def test_the_key_of_a_status_is_a_text_though_a_source_names_it_by_a_number() -> None:
    assert text_key("200") == "200"
    assert text_key("x" * 500) == "x" * 200 + "…"


def test_a_running_duration_is_sent_as_seconds_and_not_sent_again_while_it_only_counts_on() -> None:
    since_ms = (time.time() - 100) * 1000
    part = _part(("Duration", True, ((None, since_ms), ("0:00:05", 5.0))))
    data, cursor = part.update(None) or ({}, None)
    ((label, is_number, (running, ended)),) = json.loads(json.dumps(data))["columns"]
    assert (label, is_number, ended) == ("Duration", True, ["0:00:05", 5.0])
    assert running[0] is None
    assert 100 <= running[1] < 1000
    assert part.update(cursor) is None


def test_a_table_with_values_that_are_not_finite_can_be_sent_and_is_sent_once() -> None:
    values = [math.nan, math.inf]
    part = run_table_part(
        "view", lambda: (("loss", True, tuple((str(each), sort_key(each)) for each in values)),)
    )
    data, cursor = part.update(None) or ({}, None)
    assert json.dumps(data, allow_nan=False)
    assert part.update(cursor) is None


def _part(column: ShownColumn) -> Part:
    return run_table_part("view", lambda: (column,))
