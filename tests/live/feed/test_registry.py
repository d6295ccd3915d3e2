"""Feeds are shared while someone looks, and leave nothing behind."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from arkor_dash.live.feed import FeedRegistry, JobFeed
from arkor_dash.live.feed.history import JobHistory
from arkor_dash.live.feed.registry import FINISHED_KEPT, UNWATCHED_S
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, StudioSource
from arkor_dash.sources.http.sse import FrameReader
from tests.servers import Answer, ScriptedServer, Seen, sse, sse_answer
from tests.waiting import wait_until


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def live(_: Seen) -> Answer:
    return sse_answer(sse("training.started", {}, 1), whole=False, hold=threading.Event())


def over(_: Seen) -> Answer:
    return sse_answer(sse("training.started", {}, 1), sse("end", {}, 2))


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("feed-")]


@contextmanager
def watching(server: ScriptedServer, sweep_every_s: float = 3_600.0) -> Iterator[tuple[FeedRegistry, Clock]]:
    clock = Clock()
    source = StudioSource(server.url, Secret("canary"), EMBEDDED)
    registry = FeedRegistry(source, monotonic=clock, sweep_every_s=sweep_every_s)
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
        assert len(server.seen) == 1


def test_a_feed_that_nobody_looks_at_is_given_up_after_a_minute() -> None:
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


def test_the_histories_of_the_latest_ended_jobs_stay() -> None:
    with ScriptedServer(over) as server, watching(server) as (registry, clock):
        feeds = []
        for number in range(FINISHED_KEPT + 3):
            feeds.append(registry.acquire(f"job_{number}"))
            clock.now += 1
        wait_until(lambda: all(feed.finished for feed in feeds))
        clock.now += UNWATCHED_S
        registry.sweep()

        kept = [registry.acquire(f"job_{number}") is feed for number, feed in enumerate(feeds)]

    assert kept == [False] * 3 + [True] * FINISHED_KEPT


def test_the_sweeping_goes_on_by_itself_and_ends_with_the_last_feed() -> None:
    with ScriptedServer(live) as server, watching(server, sweep_every_s=0.01) as (registry, clock):
        registry.acquire("job_1")
        assert "feed-sweeper" in threads()
        clock.now += UNWATCHED_S
        wait_until(lambda: not threads())

        registry.acquire("job_1")
        assert "feed-sweeper" in threads()


def test_a_history_goes_with_its_feed_and_does_not_wait_for_the_next_garbage_collection() -> None:
    gc.disable()
    try:
        with ScriptedServer(live) as server, watching(server) as (registry, clock):
            history = weakref.ref(registry.acquire("job_1")._history)
            wait_until(lambda: registry.acquire("job_1").snapshot().events == 1)
            clock.now += UNWATCHED_S
            registry.sweep()
            wait_until(lambda: history() is None, timeout_s=20)
    finally:
        gc.enable()


def held() -> tuple[int, int]:
    """Threads and file descriptors of this process, sockets included."""
    return threading.active_count(), psutil.Process().num_fds()


def buffers() -> int:
    """How many things are kept of jobs' streams."""
    gc.collect()
    return sum(type(thing) in {JobFeed, JobHistory, FrameReader} for thing in gc.get_objects())


def test_a_thousand_opened_and_left_jobs_leave_no_thread_socket_or_buffer() -> None:
    with ScriptedServer(live) as server, watching(server) as (registry, clock):
        (threads_before, descriptors_before), buffers_before = held(), buffers()
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

        wait_until(lambda: held() == (threads_before + 1, descriptors_before), what="the sweeper alone")
        wait_until(lambda: buffers() == buffers_before)
        assert len({seen.target for seen in server.seen}) == 1_000
