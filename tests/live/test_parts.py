"""What is sent of the parts of a page."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import replace

import pytest

from arkor_dash.live.parts import (
    REST_FACTOR,
    ROUND_S,
    VALUE_REST_S,
    Cost,
    DrawnPart,
    Part,
    PartsSent,
    Shared,
    value_part,
)


class Value:
    """A part whose value a test sets. Counts how often it is computed."""

    def __init__(self, value: int = 1, view: Hashable = "view") -> None:
        self.value, self.computed, self.view = value, 0, view

    @property
    def part(self) -> Part:
        def read() -> int:
            self.computed += 1
            return self.value

        return value_part(self.view, read, lambda value: {"value": value}, clock=lambda: 7.0)


def news(sent: PartsSent, part: Part, shared: Shared | None = None, cursor: Hashable = 1) -> object:
    text = sent.news({"part": DrawnPart(part, cursor)}, shared or Shared())
    return json.loads(text)["part"] if text else None


def test_what_the_script_has_drawn_is_not_sent_again():
    value, sent = Value(), PartsSent()
    assert news(sent, value.part) is None
    value.value = 2
    assert news(sent, value.part) == {"view": value.part.view_id, "value": 2, "at": 7.0}
    assert news(sent, value.part) is None


def test_what_a_script_run_has_drawn_since_is_replaced_though_the_value_is_again_the_one_sent_before():
    value, sent = Value(2), PartsSent()
    assert news(sent, value.part, cursor=1)["value"] == 2
    assert news(sent, value.part, cursor=3)["value"] == 2


def test_a_part_is_computed_once_for_all_pages_with_the_same_view():
    value, pages, shared = Value(2), [PartsSent() for _ in range(200)], Shared()
    assert [news(each, value.part, shared)["value"] for each in pages] == [2] * 200
    assert value.computed == 1


def test_a_connection_that_was_late_gets_what_is_new_by_then():
    value, late, prompt = Value(2), PartsSent(), PartsSent()
    news(prompt, value.part)
    value.value = 3
    shared = Shared()
    assert [news(each, value.part, shared)["value"] for each in (late, prompt)] == [3, 3]


def test_a_part_of_another_view_begins_with_what_its_script_has_drawn():
    value, sent = Value(2), PartsSent()
    news(sent, value.part)
    other = Value(5, view="other")
    assert news(sent, other.part, cursor=5) is None
    other.value = 6
    assert news(sent, other.part, cursor=5)["view"] != value.part.view_id


def test_a_script_run_between_two_messages_does_not_make_the_second_begin_anew():
    value, sent = Value(2), PartsSent()
    news(sent, value.part, cursor=1)
    assert news(sent, value.part, cursor=1) is None


@pytest.mark.parametrize("rest_s", [0.0, VALUE_REST_S])
def test_a_part_rests_after_news_and_then_catches_up(rest_s: float):
    value, sent = Value(2), PartsSent()
    first = Shared(now=0.0)
    news(sent, replace(value.part, rest_s=rest_s), first)
    cost = first.costs()["view"]
    assert cost.rests_until == max(rest_s, REST_FACTOR * cost.seconds) > 0.0

    value.value = 3
    resting = Shared(first.costs(), now=cost.rests_until - 1e-9)
    assert news(sent, value.part, resting) is None
    assert resting.next_at == cost.rests_until
    assert news(sent, value.part, Shared(resting.costs(), now=cost.rests_until))["value"] == 3


def test_a_part_without_news_does_not_rest():
    value, sent = Value(1), PartsSent()
    shared = Shared(now=0.0, clock=lambda: 0.0)
    assert news(sent, value.part, shared) is None
    assert value.part.rest_s > 0.0
    value.value = 2
    assert news(sent, value.part, Shared(shared.costs(), now=0.0))["value"] == 2


def test_a_round_leaves_dear_parts_to_the_next_one_once_its_time_is_spent():
    processor_s = 0.0

    def dear(view: str) -> Part:
        def update(_: Hashable) -> tuple[dict[str, object], int]:
            nonlocal processor_s
            processor_s += 0.7 * ROUND_S
            return {}, 2

        return Part(view, update)

    pages = {view: PartsSent() for view in "abcd"}
    cheap, other = Value(2), PartsSent()

    def round_(costs: Mapping[Hashable, Cost], now: float, order: str) -> tuple[list[str], Shared]:
        shared = Shared(costs, now, clock=lambda: processor_s)
        served = [view for view in order if news(pages[view], dear(view), shared) is not None]
        cheap.value += 1
        assert news(other, cheap.part, shared)["value"] == cheap.value
        return served, shared

    served, shared = round_({}, 0.0, "abcd")
    assert served == list("abcd"), "what they cost is not known yet"
    served, shared = round_(shared.costs(), 100.0, "abcd")
    assert (served, shared.postponed) == (["a", "b"], 2)
    assert shared.next_at <= 100.0
    served, shared = round_(shared.costs(), 200.0, "cdab")
    assert served == ["c", "d"]


def test_views_of_two_processes_have_different_names():
    """A page that reconnects to another process must not take its data for those of the last one."""
    assert "view" not in Value().part.view_id
