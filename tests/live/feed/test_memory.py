"""A feed's memory is freed with the feed, without the help of the garbage collector."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from arkor_dash.live import backoff
from arkor_dash.live.feed import Closed, Interrupted, JobFeed, Live, Refused
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, StudioSource
from tests.servers import Answer, Request, ScriptedServer, json_answer, sse, sse_answer
from tests.waiting import wait_until

from .test_reader import readers

FRAME = sse("training.log", {"step": 1, "loss": 2.0}, 1)


@pytest.fixture
def _no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def answers_in_turn(*answers: Answer) -> Callable[[], Callable[[Request], Answer]]:
    """A server that gives these answers in turn, then repeats the last one."""

    def new() -> Callable[[Request], Answer]:
        left = list(answers)
        return lambda _: left.pop(0) if len(left) > 1 else left[0]

    return new


CUT = sse_answer(FRAME, whole=False)
RESET = sse_answer(FRAME, whole=False, reset=True)


@pytest.mark.usefixtures("_no_garbage_collection")
@pytest.mark.parametrize(
    ("server_of", "connection"),
    [
        (answers_in_turn(sse_answer(FRAME, sse("end", {}, 2))), Closed),
        (lambda: lambda _: sse_answer(FRAME, whole=False, hold=threading.Event()), Live),
        (answers_in_turn(CUT, Answer([])), Interrupted),
        (answers_in_turn(RESET, Answer([])), Interrupted),
        (answers_in_turn(CUT, json_answer({"error": "later"}, "503 Service Unavailable")), Interrupted),
        (answers_in_turn(CUT, json_answer(b"<html>")), Interrupted),
        (answers_in_turn(CUT, json_answer({"error": "Gone"}, "410 Gone")), Refused),
        (answers_in_turn(CUT, json_answer({"error": "No"}, "401 Unauthorized")), Refused),
    ],
    ids=["ended", "live", "dropped", "reset", "unavailable", "not a stream", "refused", "unauthorized"],
)
def test_the_history_and_its_snapshots_are_freed_with_their_feed(
    server_of: Callable[[], Callable[[Request], Answer]],
    connection: type,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.01)
    with ScriptedServer(server_of()) as server:
        history, steps = read_and_closed(server, connection)
        wait_until(lambda: history() is None, timeout_s=10, what="the end of the history")
        wait_until(lambda: steps() is None, timeout_s=10, what="the end of the snapshot")


def read_and_closed(
    server: ScriptedServer, connection: type
) -> tuple[weakref.ref[object], weakref.ref[object]]:
    """The history and the steps of a feed that was closed after its connection reached this state."""
    feed = JobFeed(StudioSource(server.url, Secret("canary"), EMBEDDED), "job_1")
    feed.start()
    wait_until(lambda: feed.snapshot().events == 1)
    wait_until(lambda: isinstance(feed.snapshot().connection, connection))
    if connection is Interrupted:
        wait_until(lambda: len(server.requests) >= 3)
    references = weakref.ref(feed._state.history), weakref.ref(feed.snapshot().metrics.finite("loss").steps)
    feed.close()
    wait_until(lambda: not readers(), what="the end of the reader")
    return references
