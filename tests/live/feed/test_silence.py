"""Streams on which nothing arrives: a slow trainer, or a dead connection."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator

import psutil
import pytest

from arkor_dash.live import backoff
from arkor_dash.live.feed import Connection, Interrupted, JobFeed, Live, state, upstream
from arkor_dash.live.feed.silence import Silence
from arkor_dash.sources import ReadTimeouts
from tests.servers import Answer, Request, chunked, head, json_answer, sse_answer
from tests.waiting import wait_until

from .test_reader import a_run, assert_whole, closed, feeding, frames_after, readers

START = head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
SHORT = ReadTimeouts(stream_s=1.5)
LONGER = ReadTimeouts(stream_s=3.0)
LONGEST = ReadTimeouts(stream_s=5.0)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)


class Quiet:
    """Sends nine events and then, without any keep-alive, nothing until `go_on`.

    `only_new`: a connection gets only the events that happen while it is open, as far as the server has no ids.
    """

    def __init__(
        self, name: Callable[[int], object] = lambda number: number, *, only_new: bool = False
    ) -> None:
        self.frames = a_run(name)
        self.go_on = threading.Event()
        self._only_new = only_new
        self._numbers = itertools.count()

    def respond(self, request: Request) -> Answer:
        is_first = next(self._numbers) == 0
        resumes = "last-event-id" in request.headers
        known = self.frames[:9] if is_first or not (resumes or self._only_new) else []

        def pieces() -> Iterator[bytes]:
            yield START
            yield from chunked(*known, whole=False)
            self.go_on.wait(60)
            yield from chunked(*self.frames[9:])

        return Answer(pieces())


def answer_the_list_until(feed: JobFeed, condition: Callable[[], bool]) -> set[type[Connection]]:
    """Tell the feed that the list is answered, until `condition`. Returns: the states of its connection."""
    states = set()

    def told() -> bool:
        feed.list_fetched(answered=True, has_job=True)
        states.add(type(feed.snapshot().connection))
        return condition()

    wait_until(told)
    return states


def open_sockets(port: int) -> int:
    """How many connections this process has to the port."""
    found = psutil.Process().net_connections("tcp")
    return sum(
        bool(each.raddr) and each.raddr.port == port and each.status == "ESTABLISHED" for each in found
    )


@pytest.mark.parametrize("list_answers", [True, False], ids=["list", "no list"])
@pytest.mark.parametrize(
    ("name", "only_new"),
    [
        (lambda number: number, False),
        ("id-{:x}".format, False),
        (lambda _: None, False),
        (lambda _: None, True),
    ],
    ids=["numbers", "words", "no ids", "no ids, only new events"],
)
def test_a_source_without_keep_alives_is_not_called_interrupted(
    name: Callable[[int], object], only_new: bool, list_answers: bool
) -> None:
    quiet = Quiet(name, only_new=only_new)
    with feeding(quiet.respond, SHORT if list_answers else LONGER) as (feed, server):
        wait_until(lambda: feed.snapshot().events == 9)
        if list_answers:
            states = answer_the_list_until(feed, lambda: len(server.requests) >= 4)
        else:
            wait_until(lambda: len(server.requests) >= 3)
            states = {type(feed.snapshot().connection)}
        assert states == {Live}
        wait_until(lambda: open_sockets(server.port) == 1)
        quiet.go_on.set()
        assert_whole(closed(feed))


@pytest.mark.parametrize("name", [lambda number: number, lambda _: None], ids=["ids", "no ids"])
def test_events_behind_a_dead_connection_are_found_by_a_second_one(name: Callable[[int], object]) -> None:
    frames = a_run(name)
    dead = iter([sse_answer(*frames[:9], whole=False, hold=threading.Event())])

    with feeding(lambda request: next(dead, None) or sse_answer(*frames_after(request, frames)), SHORT) as (
        feed,
        _,
    ):
        states = answer_the_list_until(feed, lambda: feed.is_complete)
        assert_whole(feed.snapshot())
        assert Interrupted not in states


def test_a_silent_source_that_does_not_answer_at_all_is_interrupted() -> None:
    quiet = Quiet()
    with feeding(quiet.respond, SHORT) as (feed, server):
        wait_until(lambda: feed.snapshot().events == 9)
        server.refuse()
        wait_until(lambda: "refused the connection" in getattr(feed.snapshot().connection, "reason", ""))
        assert isinstance(feed.snapshot().connection, Interrupted)
        server.listen()
        quiet.go_on.set()
        assert_whole(closed(feed))


def test_a_silent_stream_is_kept_if_the_source_refuses_a_second_one_and_answers_otherwise() -> None:
    quiet, requests = Quiet(), itertools.count()

    def respond(request: Request) -> Answer:
        return quiet.respond(request) if next(requests) == 0 else json_answer({}, "503 Service Unavailable")

    with feeding(respond, SHORT) as (feed, server):
        wait_until(lambda: feed.snapshot().events == 9)
        states = answer_the_list_until(feed, lambda: len(server.requests) >= 4)
        quiet.go_on.set()
        answer_the_list_until(feed, lambda: feed.is_complete)
        assert_whole(feed.snapshot())
        assert states == {Live}


def test_a_stream_that_delivers_while_the_second_one_is_opened_is_kept() -> None:
    frames, second, sent = a_run(lambda _: None), threading.Event(), threading.Event()

    def first_pieces() -> Iterator[bytes]:
        yield START
        yield from chunked(*frames[:9], whole=False)
        second.wait(60)
        yield from chunked(*frames[9:20], whole=False)
        sent.set()
        yield from chunked(*frames[20:])

    def second_pieces() -> Iterator[bytes]:
        second.set()
        sent.wait(60)
        yield START
        yield from chunked(b": only new events\n\n", whole=False)

    answers = iter([Answer(first_pieces()), Answer(second_pieces(), hold=threading.Event())])
    with feeding(lambda _: next(answers), LONGEST) as (feed, server):
        assert_whole(closed(feed))
        assert len(server.requests) == 2


def test_a_second_stream_that_does_not_open_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "CHECK_TIMEOUT_S", 0.05)
    quiet, requests = Quiet(), itertools.count()

    def respond(request: Request) -> Answer:
        return quiet.respond(request) if next(requests) == 0 else Answer([], hold=threading.Event())

    with feeding(respond, LONGEST) as (feed, server):
        answer_the_list_until(feed, lambda: len(server.requests) >= 3)
        quiet.go_on.set()
        answer_the_list_until(feed, lambda: feed.is_complete)
        assert_whole(feed.snapshot())


def test_closing_a_feed_during_a_check_ends_its_thread_and_its_connections() -> None:
    quiet, requests = Quiet(), itertools.count()

    def respond(request: Request) -> Answer:
        return quiet.respond(request) if next(requests) == 0 else Answer([], hold=threading.Event())

    with feeding(respond, LONGEST) as (feed, server):
        wait_until(lambda: server.open_connections == 2)
        feed.close()
        wait_until(lambda: not readers())
        quiet.go_on.set()
        wait_until(lambda: server.open_connections == 0)


def test_an_interruption_ends_once_the_stream_is_open_and_the_source_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state, "OPEN_S", 0.0)
    quiet, requests = Quiet(), itertools.count()

    def respond(request: Request) -> Answer:
        if next(requests) == 0:
            return sse_answer(*quiet.frames[:9], whole=False)
        return Answer([START], hold=threading.Event())

    with feeding(respond) as (feed, _):
        wait_until(lambda: getattr(feed.snapshot().connection, "next_try_at_ms", 0) is None)
        answer_the_list_until(feed, lambda: feed.snapshot().connection == Live())


def test_a_long_silence_is_checked_at_growing_intervals() -> None:
    silence, checks = Silence(), []
    for number in range(1, 41):
        silence.list_fetched(answered=True)
        if silence.timed_out():
            checks.append(number)

    assert checks == [1, 2, 4, 8, 16, 24, 32, 40]
    silence.heard()
    silence.list_fetched(answered=True)
    assert silence.timed_out()


def test_a_silence_is_checked_each_time_while_the_source_answers_nothing_else() -> None:
    silence = Silence()
    assert all(silence.timed_out() for _ in range(20))
    assert not silence.check_failed()
