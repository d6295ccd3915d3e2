"""The summaries are fetched while somebody looks, once for all viewers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from arkor_dash.errors import SourceUnavailableError
from arkor_dash.live.metric_summaries import MAX_AGE_S, REQUESTS, SummaryPoller
from arkor_dash.protocol.metric_summaries import NAMES_ASKED, MetricSummary
from tests.waiting import PATIENCE_S, wait_until

ONE = {"job": MetricSummary(1.0, 1.0, 1.0)}


class Source:
    """Counts the requests for its summaries, fails while `error` is set, and answers once `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.asked: list[list[str]] = []
        self.error: Exception | None = None
        self.summaries: Any = self

    def names(self) -> list[str]:
        return ["loss", "reward"]

    def read(self, names: list[str]) -> dict[str, Any]:
        self.asked.append(sorted(names))
        assert self.go.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error
        return dict.fromkeys(names, ONE)


@pytest.fixture
def source() -> Source:
    return Source()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_viewers_share_the_requests_and_a_new_metric_is_waited_for(source: Source) -> None:
    clock = Clock()
    poller = SummaryPoller(source, clock)
    view = poller.view(["loss"], PATIENCE_S)
    assert (list(view.names), view.summaries, view.error) == (["loss", "reward"], {"loss": ONE}, None)
    for _ in range(3):
        poller.view(["loss"], PATIENCE_S)
    both = poller.view(["reward"], PATIENCE_S)
    assert both.summaries == {"loss": ONE, "reward": ONE}
    for count, later_s in ((3, MAX_AGE_S), (4, 2 * MAX_AGE_S)):
        clock.now += later_s
        wait_until(
            lambda count=count: poller.view(["reward"], 0) and len(source.asked) == count,
            what="a request once the summaries are old",
        )
    assert source.asked == [["loss"], ["loss", "reward"], ["loss", "reward"], ["reward"]]


def test_a_metric_that_is_asked_for_during_a_request_is_asked_for_after_it(source: Source) -> None:
    poller = SummaryPoller(source)
    source.go.clear()
    assert poller.view(["loss"], 0).summaries == {}
    wait_until(lambda: source.asked == [["loss"]], what="the first request")
    with ThreadPoolExecutor(1) as viewers:
        waiting = viewers.submit(poller.view, ["reward"], PATIENCE_S)
        source.go.set()
        assert waiting.result(PATIENCE_S).summaries["reward"] == ONE


def test_after_a_failure_the_last_summaries_stay_with_its_reason(source: Source) -> None:
    clock = Clock()
    poller = SummaryPoller(source, clock)
    poller.view(["loss"], PATIENCE_S)
    for error, text in ((SourceUnavailableError("no answer"), "no answer"), (KeyError("x"), "unexpected")):
        source.error = error
        clock.now += MAX_AGE_S
        poller.view(["loss"], PATIENCE_S)
        wait_until(lambda text=text: text in (poller.view(["loss"], 0).error or ""), what="the error")
        assert poller.view(["loss"], 0).summaries == {"loss": ONE}


def test_a_source_without_summaries_has_none(source: Source) -> None:
    source.summaries = None
    assert SummaryPoller(source).view(["loss"], PATIENCE_S).summaries == {}


def test_no_more_metrics_are_asked_for_than_the_source_takes(source: Source) -> None:
    names = [f"m{number}" for number in range(2 * NAMES_ASKED)]
    SummaryPoller(source).view(names, PATIENCE_S)
    assert len(source.asked[0]) == NAMES_ASKED


def test_the_metrics_of_many_viewers_are_asked_for_in_several_requests(source: Source) -> None:
    poller = SummaryPoller(source, Clock())
    viewers = [[f"m{viewer}-{number}" for number in range(NAMES_ASKED // 2)] for viewer in range(5)]
    for names in viewers:
        poller.view(names, PATIENCE_S)
    for names in viewers:
        assert poller.view(names, 0).summaries.keys() >= set(names)
    assert max(map(len, source.asked)) == NAMES_ASKED


def test_an_endless_number_of_metrics_is_not_asked_for(source: Source) -> None:
    clock = Clock()
    poller = SummaryPoller(source, clock)
    for viewer in range(REQUESTS + 2):
        clock.now += 0.1
        poller.view([f"m{viewer}-{number}" for number in range(NAMES_ASKED)], PATIENCE_S)
    source.asked.clear()
    clock.now += 0.1
    poller.view(["newest"], PATIENCE_S)
    assert len(source.asked) == REQUESTS
    assert any("newest" in names for names in source.asked)
