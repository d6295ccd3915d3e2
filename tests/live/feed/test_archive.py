"""A feed whose source has the past in columns: it reads them first, and the stream from there on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from arkor_dash.columns.stretch_stream import LAST_ID_HEADER, MEDIA_TYPE, framed
from arkor_dash.columns.stretch_writer import write_stretch
from arkor_dash.live import backoff
from arkor_dash.live.feed import Closed, FeedSnapshot, JobFeed
from arkor_dash.metrics.history import MetricHistory
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, EMBEDDED, StudioKind, StudioSource
from tests.servers import Answer, Request, ScriptedServer, json_answer, sse, sse_answer
from tests.servers.scripted import chunked, head
from tests.waiting import wait_until

from .test_reader import readers

EVENTS = [
    ("training.started", "{}"),
    *(("training.log", json.dumps({"step": step, "loss": step / 7})) for step in range(1, 60)),
    ("checkpoint.saved", '{"step": 59}'),
    ("training.completed", '{"artifacts": []}'),
]
FRAMES = [sse(name, data, number) for number, (name, data) in enumerate(EVENTS, start=1)]


def stretch(start: int, stop: int) -> bytes:
    """The stretch of the events with ids from `start` to before `stop`, as a part of a body."""
    return framed(write_stretch(start, EVENTS[start - 1 : stop - 1]))


def columns(*pieces: bytes, whole: bool = True, **options: object) -> Callable[[Request], Answer]:
    """Answers with stretches, each piece of them an HTTP chunk."""
    start = head(Content_Type=MEDIA_TYPE, Transfer_Encoding="chunked", **{LAST_ID_HEADER: str(len(EVENTS))})
    return lambda _: Answer([start, *chunked(*pieces, whole=whole)], **options)  # type: ignore[arg-type]


def stream(request: Request) -> Answer:
    """The events after the requested id, and the end."""
    after = int(request.headers.get("last-event-id", "0"))
    return sse_answer(*FRAMES[after:], sse("end", {}))


@contextmanager
def feed_of(
    in_columns: Callable[[Request], Answer] | None, kind: StudioKind = EMBEDDED
) -> Iterator[tuple[JobFeed, ScriptedServer]]:
    with ScriptedServer(stream, in_columns) as server:
        feed = JobFeed(StudioSource(server.url, Secret("canary"), kind), "job_1")
        feed.start()
        yield feed, server
        feed.close()
        wait_until(lambda: not readers(), what="the end of the reader")


def read(
    in_columns: Callable[[Request], Answer] | None, kind: StudioKind = EMBEDDED
) -> tuple[FeedSnapshot, list[str | None]]:
    """The complete history, and the ids from which the stream was requested."""
    with feed_of(in_columns, kind) as (feed, server):
        wait_until(lambda: isinstance(feed.snapshot().connection, Closed))
        return feed.snapshot(), [request.headers.get("last-event-id") for request in server.requests]


def test_room_is_made_for_the_past_and_only_for_the_past(monkeypatch: pytest.MonkeyPatch) -> None:
    expected: list[int] = []
    monkeypatch.setattr(MetricHistory, "expect", lambda _, reports: expected.append(reports))
    read(columns(stretch(1, 31), stretch(31, 61)))
    assert expected == [len(EVENTS), 0]


def assert_whole(snapshot: FeedSnapshot) -> None:
    assert snapshot.metrics.finite("loss").steps.tolist() == list(range(1, 60))
    assert snapshot.metrics.finite("loss").values.tolist() == [step / 7 for step in range(1, 60)]
    assert [(row.number, row.name) for row in snapshot.log] == [
        (number, name) for number, (name, _) in enumerate(EVENTS, start=1)
    ]
    assert snapshot.metrics.checkpoints == (59,)
    assert snapshot.facts.terminal is not None
    assert (snapshot.events, snapshot.malformed, snapshot.recovery) == (len(EVENTS), 0, None)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)


def test_the_stream_goes_on_from_the_last_event_in_columns() -> None:
    snapshot, resumed_from = read(columns(stretch(1, 30) + stretch(30, 41)))
    assert_whole(snapshot)
    assert resumed_from == ["40"]


def test_a_past_that_is_all_in_columns_is_shown_whole() -> None:
    snapshot, resumed_from = read(columns(stretch(1, 20), stretch(20, len(EVENTS) + 1)))
    assert_whole(snapshot)
    assert resumed_from == [str(len(EVENTS))]


@pytest.mark.parametrize(
    ("in_columns", "resumed_from"),
    [
        (None, None),
        (lambda _: json_answer({"error": "x"}, "500 Internal Server Error"), None),
        (lambda _: json_answer({"jobs": []}), None),
        (columns(), None),
        (columns(b"\0" * 100), None),
        (columns(stretch(1, 30), whole=False), "29"),
        (columns(stretch(1, 30) + stretch(30, 41)[:-50]), "29"),
        (columns(stretch(1, 30) + stretch(31, 41)), "29"),
        (columns(stretch(1, 30), framed(b"x" * 500)), "29"),
    ],
    ids=[
        "no such route", "a failure", "another answer", "none yet", "other bytes", "broken off", "cut off",
        "with a gap", "damaged",
    ],
)  # fmt: skip
def test_the_stream_has_what_can_not_be_read_in_columns(
    in_columns: Callable[[Request], Answer] | None, resumed_from: str | None
) -> None:
    snapshot, requested = read(in_columns)
    assert_whole(snapshot)
    assert requested == [resumed_from]


def test_a_studio_that_is_not_ours_is_not_asked_for_columns() -> None:
    asked: list[str] = []

    def in_columns(request: Request) -> Answer:
        asked.append(request.target)
        return json_answer({})

    snapshot, _ = read(in_columns, ARKOR_DEV)
    assert_whole(snapshot)
    assert asked == []


def test_what_has_arrived_in_columns_is_shown_before_the_rest() -> None:
    rest = threading.Event()
    with feed_of(columns(stretch(1, 30), whole=False, hold=rest)) as (feed, _):
        wait_until(lambda: feed.snapshot().events == 29)
        rest.set()
        wait_until(lambda: feed.snapshot().events == len(EVENTS))


def test_a_feed_that_is_closed_while_it_reads_columns_ends() -> None:
    with feed_of(columns(stretch(1, 30), whole=False, hold=threading.Event())) as (feed, _):
        wait_until(lambda: feed.snapshot().events == 29)
        feed.close()
        wait_until(lambda: not readers(), what="the end of the reader")


def test_a_server_that_sends_the_past_again_adds_nothing() -> None:
    with ScriptedServer(lambda _: sse_answer(*FRAMES, sse("end", {})), columns(stretch(1, 41))) as server:
        feed = JobFeed(StudioSource(server.url, Secret("canary"), EMBEDDED), "job_1")
        feed.start()
        wait_until(lambda: isinstance(feed.snapshot().connection, Closed))
        assert_whole(feed.snapshot())
        feed.close()
        wait_until(lambda: not readers(), what="the end of the reader")
