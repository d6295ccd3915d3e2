"""Servers that send numbers and events no stream should have: each costs itself only."""

from __future__ import annotations

import itertools

import pytest

from arkor_dash.live import backoff
from arkor_dash.live.feed import Interrupted
from tests.servers import Answer, Request, chunked, head, sse, sse_answer
from tests.waiting import wait_until

from .test_reader import a_run, assert_whole, closed, feeding, frames_after

FRAMES = a_run()


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)


def test_a_stream_after_early_hints_is_read() -> None:
    hints = head("103 Early Hints", Link="</style.css>; rel=preload")
    start = head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
    with feeding(lambda _: Answer([hints, hints, start, *chunked(*FRAMES)])) as (feed, server):
        assert_whole(closed(feed))
        assert len(server.requests) == 1


def test_an_event_of_17_mb_is_counted_as_malformed_and_the_others_are_read_once() -> None:
    huge = sse("training.log", '{"step": 1, "note": "' + "x" * 17_000_000 + '"}', 10)
    frames = [*FRAMES[:9], huge, *(sse("training.log", {"step": 9}, 11), sse("end", {}, 12))]
    lengths = iter([10])

    def respond(request: Request) -> Answer:
        return sse_answer(*frames_after(request, frames)[: next(lengths, None)])

    with feeding(respond) as (feed, server):
        snapshot = closed(feed)
        assert [request.headers.get("last-event-id") for request in server.requests] == [None, "10"]

    assert (snapshot.events, snapshot.malformed) == (10, 1)


def test_a_retry_of_zero_does_not_make_connections_without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "SHORTEST_REQUESTED_WAIT_S", 3_600.0)
    steps = itertools.count(1)

    def respond(_: Request) -> Answer:
        step = next(steps)
        return sse_answer(b"retry: 0\n\n", sse("training.log", {"step": step}, step))

    with feeding(respond) as (feed, server):
        wait_until(lambda: isinstance(feed.snapshot().connection, Interrupted))
        waiting = feed.snapshot().connection
        assert isinstance(waiting, Interrupted)
        assert waiting.next_try_at_ms is not None
        assert waiting.next_try_at_ms - waiting.since_ms >= 300_000 / 2
        assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["x" * 100_000 + "{}", "\x01{}", "a\tb{}"], ids=["long", "control", "tab"])
def test_an_id_that_no_header_can_hold_is_not_sent_and_no_event_is_doubled(name: str) -> None:
    frames = a_run(name.format)
    lengths = iter([9, 20])
    with feeding(lambda _: sse_answer(*frames[: next(lengths, None)])) as (feed, server):
        assert_whole(closed(feed))
        assert [request.headers.get("last-event-id") for request in server.requests] == [None] * 3
