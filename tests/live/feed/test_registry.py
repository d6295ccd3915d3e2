"""Feeds are shared by the viewers of a job, and free all their resources afterwards."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import pytest

from arkor_dash.live.feed import FeedRegistry, JobFeed, Refused
from arkor_dash.live.feed import registry as registry_module
from arkor_dash.live.feed.history import JobHistory
from arkor_dash.live.feed.registry import (
    COMPLETE_KEPT,
    READ_AHEAD,
    UNCONFIRMED_READERS,
    UNCONFIRMED_UNWATCHED_S,
    UNWATCHED_S,
)
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, EMBEDDED, StudioKind, StudioSource
from arkor_dash.sources.http.sse import FrameReader
from tests.servers import Answer, Request, ScriptedServer, json_answer, sse, sse_answer
from tests.waiting import wait_until


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def live(_: Request) -> Answer:
    return sse_answer(sse("training.started", {}, 1), whole=False, hold=threading.Event())


def ended(_: Request) -> Answer:
    return sse_answer(sse("training.started", {}, 1), sse("end", {}, 2))


def long(_: Request) -> Answer:
    return sse_answer(*(sse("training.log", {"step": n, "loss": 1}, n) for n in range(20)), sse("end", {}))


def quiet(_: Request) -> Answer:
    """An open stream without events."""
    return sse_answer(b": hello\n\n", whole=False, hold=threading.Event())


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("feed-")]


def readers() -> list[str]:
    return [name for name in threads() if name != "feed-sweeper"]


@contextmanager
def watching(
    server: ScriptedServer,
    sweep_every_s: float = 3_600.0,
    is_listed: Callable[[str], bool] = lambda _: True,
    not_found_grace_s: float = 20.0,
    kind: StudioKind = EMBEDDED,
) -> Iterator[tuple[FeedRegistry, Clock]]:
    clock = Clock()
    source = StudioSource(server.url, Secret("canary"), kind)
    registry = FeedRegistry(
        source,
        is_listed,
        monotonic=clock,
        make=lambda source, job_id: JobFeed(source, job_id, not_found_grace_s=not_found_grace_s),
        sweep_every_s=sweep_every_s,
    )
    try:
        yield registry, clock
    finally:
        registry.close()
        wait_until(lambda: not threads(), what="the end of the feeds' threads")


def test_all_viewers_of_a_job_share_one_connection() -> None:
    with ScriptedServer(live) as server, watching(server) as (registry, _):
        feeds = {registry.acquire("job_1") for _ in range(50)}
        wait_until(lambda: next(iter(feeds)).snapshot().events == 1)

        assert len(feeds) == 1
        assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [live, ended])
def test_what_was_read_ahead_is_closed_unless_a_page_asks_for_it(answer: Callable[[Request], Answer]) -> None:
    with ScriptedServer(answer) as server, watching(server) as (registry, clock):
        for _ in range(2):
            for number in range(READ_AHEAD):
                registry.read_ahead(f"job_{number}")
            wait_until(lambda: len(server.requests) == READ_AHEAD)
            server.requests.clear()
            clock.now += UNWATCHED_S
            wait_until(lambda: answer is live or not readers())
            registry.sweep()
            wait_until(lambda: not readers())


def test_what_the_feeds_have_read_is_returned_without_a_request_for_them() -> None:
    with (
        ScriptedServer(
            lambda request: quiet(request) if "job_2" in request.target else live(request)
        ) as server,
        watching(server) as (registry, clock),
    ):
        for number in (1, 2):
            registry.acquire(f"job_{number}")
        wait_until(lambda: len(server.requests) == 2 and registry.snapshots())
        clock.now += UNWATCHED_S
        assert [(job_id, each.events) for job_id, each in registry.snapshots().items()] == [("job_1", 1)]
        registry.sweep()
        assert registry.snapshots() == {}
        assert len(server.requests) == 2


def test_a_page_takes_over_what_was_read_ahead() -> None:
    with ScriptedServer(ended) as server, watching(server) as (registry, clock):
        registry.read_ahead("job_1")
        assert not registry.was_acquired("job_1")
        feed = registry.acquire("job_1")
        assert registry.was_acquired("job_1")
        wait_until(lambda: feed.is_complete)
        clock.now += UNWATCHED_S
        registry.sweep()
        assert registry.acquire("job_1") is feed
        assert len(server.requests) == 1


def test_few_jobs_are_read_ahead_until_pages_ask_for_them() -> None:
    with ScriptedServer(live) as server, watching(server) as (registry, clock):
        for number in range(10):
            registry.read_ahead(f"job_{number}")
        assert len(readers()) == READ_AHEAD
        registry.acquire("job_0")
        for number in range(10, 20):
            registry.read_ahead(f"job_{number}")
        assert len(readers()) == READ_AHEAD + 1
        clock.now += UNWATCHED_S
        registry.sweep()
        wait_until(lambda: not readers())
        registry.read_ahead("job_20")
        assert len(readers()) == 1


def test_a_job_that_is_not_listed_is_not_read_ahead() -> None:
    with ScriptedServer(live) as server, watching(server, is_listed=lambda _: False) as (registry, _):
        registry.read_ahead("job_1")
        assert not readers()


def test_a_feed_that_nobody_watches_is_closed_after_a_minute() -> None:
    with ScriptedServer(live) as server, watching(server) as (registry, clock):
        watched, left = registry.acquire("job_1"), registry.acquire("job_2")
        wait_until(lambda: server.open_connections == 2)
        clock.now += UNWATCHED_S - 1
        registry.acquire("job_1")
        registry.sweep()
        assert registry.acquire("job_2") is left

        clock.now += UNWATCHED_S - 1
        registry.acquire("job_1")
        clock.now += 1
        registry.sweep()
        wait_until(lambda: server.open_connections == 1)

        assert registry.acquire("job_1") is watched
        assert registry.acquire("job_2") is not left
        assert registry.acquire("job_2").snapshot().generation != left.snapshot().generation


def test_the_histories_of_the_latest_ended_jobs_are_kept() -> None:
    with ScriptedServer(ended) as server, watching(server) as (registry, clock):
        feeds = []
        for number in range(COMPLETE_KEPT + 3):
            feeds.append(registry.acquire(f"job_{number}"))
            clock.now += 1
        wait_until(lambda: all(feed.is_complete for feed in feeds))
        clock.now += UNWATCHED_S
        registry.sweep()

        kept = [registry.acquire(f"job_{number}") is feed for number, feed in enumerate(feeds)]

    assert kept == [False] * 3 + [True] * COMPLETE_KEPT


@pytest.mark.parametrize(
    ("kind", "setting", "fewest"), [(ARKOR_DEV, "NUMBERS_KEPT", 1), (EMBEDDED, "NUMBERS_KEPT_IN_COLUMNS", 0)]
)
def test_long_histories_are_kept_only_as_far_as_there_is_room(
    monkeypatch: pytest.MonkeyPatch, kind: StudioKind, setting: str, fewest: int
) -> None:
    with ScriptedServer(long) as server, watching(server, kind=kind) as (registry, clock):
        feeds = []
        for number in range(4):
            feeds.append(registry.acquire(f"job_{number}"))
            clock.now += 1
        wait_until(lambda: all(feed.is_complete for feed in feeds))
        clock.now += UNWATCHED_S
        for limit, count in ((3 * feeds[0].numbers, 3), (feeds[0].numbers, 1), (0, fewest)):
            monkeypatch.setattr(registry_module, setting, limit)
            registry.sweep()
            assert len(registry._entries) == count


def test_the_sweeper_runs_by_itself_and_ends_with_the_last_feed() -> None:
    with ScriptedServer(live) as server, watching(server, sweep_every_s=0.01) as (registry, clock):
        registry.acquire("job_1")
        assert "feed-sweeper" in threads()
        clock.now += UNWATCHED_S
        wait_until(lambda: not threads())

        registry.acquire("job_1")
        assert "feed-sweeper" in threads()


def test_the_sweeper_drops_what_there_is_no_room_for_though_every_feed_is_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry_module, "NUMBERS_KEPT_IN_COLUMNS", 0)
    with ScriptedServer(long) as server, watching(server, sweep_every_s=0.01) as (registry, clock):
        feed = registry.acquire("job_1")
        wait_until(lambda: feed.is_complete and not readers())
        assert threads() == ["feed-sweeper"]
        clock.now += UNWATCHED_S
        wait_until(lambda: not threads(), what="the end of the sweeper")
        assert not registry._entries


class OpenPage:
    pass


def test_the_feed_of_an_open_page_is_not_dropped_though_the_page_requests_it_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry_module, "NUMBERS_KEPT_IN_COLUMNS", 0)
    with ScriptedServer(long) as server, watching(server) as (registry, clock):
        pages = OpenPage(), OpenPage()
        feeds = [registry.acquire(f"job_{number}") for number in range(2)]
        wait_until(lambda: all(feed.is_complete for feed in feeds))
        is_open = [True, True]
        for number, page in enumerate(pages):
            registry.hold(f"job_{number}", page, partial(is_open.__getitem__, number))
        registry.hold("never_requested", OpenPage(), lambda: True)
        other = registry.acquire("shown_before"), OpenPage()
        registry.hold("shown_before", other[1], lambda: True)
        registry.hold("job_1", other[1], lambda: False)
        wait_until(lambda: other[0].is_complete)
        clock.now += UNWATCHED_S
        registry.sweep()
        assert len(registry._entries) == 2
        assert [registry.acquire(f"job_{number}") for number in range(2)] == feeds

        clock.now += UNWATCHED_S
        is_open[0] = False
        del pages, page
        gc.collect()
        registry.sweep()
        assert not registry._entries


def test_unknown_job_ids_have_a_bounded_number_of_readers() -> None:
    with ScriptedServer(quiet) as server, watching(server, is_listed=lambda _: False) as (registry, _):
        for number in range(200):
            registry.acquire(f"made_up_{number}")
        wait_until(lambda: server.open_connections == UNCONFIRMED_READERS)

        assert len(readers()) == UNCONFIRMED_READERS


def test_a_listed_job_is_read_however_many_unknown_jobs_are_open() -> None:
    listed = {"job_0"}
    with ScriptedServer(quiet) as server, watching(server, is_listed=listed.__contains__) as (registry, _):
        for number in range(2 * UNCONFIRMED_READERS):
            registry.acquire(f"made_up_{number}")
        registry.acquire("job_0")
        assert "feed-job_0" in readers()

        registry.acquire("job_1")
        assert "feed-job_1" not in readers()
        listed.add("job_1")
        registry.acquire("job_1")
        assert "feed-job_1" in readers()


def test_a_job_that_is_not_listed_yet_is_read_at_once() -> None:
    with ScriptedServer(live) as server, watching(server, is_listed=lambda _: False) as (registry, _):
        for number in range(2 * UNCONFIRMED_READERS):
            feed = registry.acquire(f"job_{number}")
            wait_until(lambda feed=feed: feed.snapshot().events == 1)

        assert len(readers()) == 2 * UNCONFIRMED_READERS


def test_an_unknown_job_waits_until_the_source_has_refused_another() -> None:
    def missing(_: Request) -> Answer:
        return json_answer({"error": "?"}, "404 Not Found")

    with (
        ScriptedServer(missing) as server,
        watching(server, is_listed=lambda _: False, not_found_grace_s=0.0) as (registry, _),
    ):
        feeds = [registry.acquire(f"made_up_{number}") for number in range(UNCONFIRMED_READERS)]
        wait_until(lambda: all(isinstance(feed.snapshot().connection, Refused) for feed in feeds))
        wait_until(lambda: not readers())
        last = registry.acquire("made_up_last")
        wait_until(lambda: isinstance(last.snapshot().connection, Refused))


def test_unknown_jobs_that_nobody_watches_are_replaced_by_new_ones() -> None:
    with ScriptedServer(quiet) as server, watching(server, is_listed=lambda _: False) as (registry, clock):
        for number in range(UNCONFIRMED_READERS):
            registry.acquire(f"left_{number}")
        clock.now += UNCONFIRMED_UNWATCHED_S
        registry.acquire("left_0")
        registry.acquire("next")
        wait_until(lambda: sorted(readers()) == ["feed-left_0", "feed-next"])


def test_a_history_is_freed_with_its_feed_before_the_next_garbage_collection() -> None:
    gc.disable()
    try:
        with ScriptedServer(live) as server, watching(server) as (registry, clock):
            history = weakref.ref(registry.acquire("job_1")._state.history)
            wait_until(lambda: registry.acquire("job_1").snapshot().events == 1)
            clock.now += UNWATCHED_S
            registry.sweep()
            wait_until(lambda: history() is None, timeout_s=20)
    finally:
        gc.enable()


def resources() -> tuple[int, int]:
    """Threads and file descriptors of this process, sockets included."""
    return threading.active_count(), psutil.Process().num_fds()


def buffers() -> int:
    """The number of objects that hold parts of jobs' streams."""
    gc.collect()
    return sum(type(each) in {JobFeed, JobHistory, FrameReader} for each in gc.get_objects())


def test_no_thread_socket_or_buffer_is_left_of_a_thousand_jobs_that_were_opened() -> None:
    with ScriptedServer(live) as server, watching(server) as (registry, clock):
        buffers_before = buffers()  # first, since it collects what earlier tests have left open
        threads_before, descriptors_before = resources()
        feeds: list[JobFeed] = []
        for start in range(0, 1_000, 50):
            feeds.clear()
            feeds += [registry.acquire(f"job_{number}") for number in range(start, start + 50)]
            wait_until(lambda feeds=feeds: all(feed.snapshot().events for feed in feeds))
            assert server.open_connections == 50
            assert buffers() == buffers_before + 3 * 50
            clock.now += UNWATCHED_S
            registry.sweep()
            wait_until(lambda: server.open_connections == 0 and threads() == ["feed-sweeper"])
        feeds.clear()

        def only_the_sweeper_is_left() -> bool:
            count, descriptors = resources()  # fewer, if a thread of an earlier test has ended meanwhile
            return count <= threads_before + 1 and descriptors <= descriptors_before

        wait_until(only_the_sweeper_is_left, what="the sweeper alone")
        wait_until(lambda: buffers() == buffers_before)
        assert len({request.target for request in server.requests}) == 1_000
