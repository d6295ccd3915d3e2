"""The rebuilds that an `arkor dev` tells of, read from a real socket."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from arkor_dash.live import backoff
from arkor_dash.live.rebuilds import ERROR_LIMIT, Rebuilds
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, EMBEDDED, StudioKind, StudioSource
from tests.servers import Answer, Request, ScriptedServer, chunked, head, json_answer, sse, sse_answer
from tests.waiting import wait_until

READY = sse("ready", {"type": "ready", "hash": "1-2", "configHash": "ab", "trainerName": "one"})
REBUILD = sse("rebuild", {"type": "rebuild", "hash": "3-4", "restartTargets": [{"pid": 17}, {"pid": "x"}, 4]})
ERROR = sse("error", {"type": "error", "message": "Unexpected token"})


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "rebuilds"]


@contextmanager
def watching(
    respond: Callable[[Request], Answer],
    kind: StudioKind = ARKOR_DEV,
    credentials: Callable[[], object] = lambda: None,
) -> Iterator[tuple[Rebuilds, ScriptedServer]]:
    with ScriptedServer(respond) as server:
        runner = StudioSource(server.url, Secret("canary"), kind).runner
        rebuilds = Rebuilds(runner, credentials, absent_s=600, check_s=0.01)
        try:
            yield rebuilds, server
        finally:
            rebuilds.close()
            wait_until(lambda: not readers(), what="the end of the reader")


class Stream:
    """A stream that stays open, to which a test adds builds."""

    def __init__(self, *builds: bytes) -> None:
        self._left: queue.Queue[bytes | None] = queue.Queue()
        for build in builds:
            self.add(build)

    def add(self, build: bytes | None) -> None:
        self._left.put(build)

    def answer(self) -> Answer:
        def pieces() -> Iterator[bytes]:
            yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
            while (build := self._left.get(timeout=60)) is not None:
                yield b"".join(chunked(build, whole=False))

        return Answer(pieces())


def test_each_build_is_counted_and_the_last_one_described() -> None:
    stream = Stream(READY)
    with watching(lambda _: stream.answer()) as (rebuilds, server):
        wait_until(lambda: rebuilds.watch().version == 1)
        assert rebuilds.watch().is_live
        stream.add(ERROR)
        wait_until(lambda: rebuilds.watch().version == 2)
        assert rebuilds.watch().error == "Unexpected token"
        stream.add(b": a comment\n\n" + sse("ping", {}) + REBUILD)
        wait_until(lambda: rebuilds.watch().version == 3)
        assert (rebuilds.watch().error, rebuilds.watch().ended_pids) == (None, {17})
        stream.add(None)
    assert [request.target for request in server.requests][:1] == ["/api/dev/events"]


def test_all_viewers_share_one_connection() -> None:
    stream = Stream(READY)
    with watching(lambda _: stream.answer()) as (rebuilds, server):
        for _ in range(500):
            rebuilds.watch()
        wait_until(lambda: rebuilds.watch().version == 1)
        assert len(server.requests) == len(readers()) == 1
        stream.add(None)


def test_nothing_is_requested_before_a_viewer_asks() -> None:
    with watching(lambda _: json_answer({})) as (_, server):
        assert server.requests == []
        assert readers() == []


def test_a_build_that_is_repeated_after_a_reconnect_is_not_counted_again() -> None:
    streams = iter([sse_answer(READY, REBUILD, whole=False), sse_answer(REBUILD), sse_answer(REBUILD, ERROR)])
    last = Stream(ERROR)
    with watching(lambda _: next(streams, None) or last.answer()) as (rebuilds, server):
        wait_until(lambda: rebuilds.watch().version and len(server.requests) == 4)
        wait_until(lambda: rebuilds.watch().is_live)
        assert rebuilds.watch().version == 3
        last.add(None)


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"error": "HMR not enabled"}, "404 Not Found"),
        Answer([head(Content_Type="text/html", Content_Length="9"), b"<!doctype"]),
        json_answer({"error": "no"}, "403 Forbidden"),
    ],
)
def test_a_source_without_the_route_is_asked_once_and_again_when_its_token_has_changed(
    answer: Answer,
) -> None:
    token = ["one"]
    with watching(lambda _: answer, credentials=lambda: token[0]) as (rebuilds, server):
        rebuilds.watch()
        wait_until(lambda: server.requests)
        threading.Event().wait(0.3)
        assert len(server.requests) == 1
        assert not rebuilds.watch().is_live
        token[0] = "two"
        wait_until(lambda: len(server.requests) == 2)
        assert rebuilds.watch().version == 0


def test_our_studio_is_not_asked() -> None:
    with watching(lambda _: json_answer({}), EMBEDDED) as (rebuilds, server):
        rebuilds.watch()
        threading.Event().wait(0.3)
        assert server.requests == []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("not json", "The build failed."),
        ("[1]", "The build failed."),
        ('{"message": 5, "restartTargets": 5}', "The build failed."),
        ('{"message": "' + "x" * (ERROR_LIMIT + 1) + '"}', "x" * ERROR_LIMIT),
    ],
)
def test_a_build_that_can_not_be_read_is_counted_without_a_fault(data: str, error: str) -> None:
    stream = Stream(sse("error", data))
    with watching(lambda _: stream.answer()) as (rebuilds, _):
        wait_until(lambda: rebuilds.watch().version == 1)
        assert (rebuilds.watch().error, rebuilds.watch().ended_pids) == (error, frozenset())
        stream.add(None)
