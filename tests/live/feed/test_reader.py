"""A feed that reads from a real socket, and each way in which a stream can break off."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from arkor_dash.live import backoff
from arkor_dash.live.feed import (
    Closed,
    Connecting,
    FeedSnapshot,
    Interrupted,
    JobFeed,
    Live,
    Refused,
    Terminal,
)
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, ReadTimeouts, StudioSource
from arkor_dash.sources.http.streams import HttpEvents
from tests.servers import Answer, Request, ScriptedServer, chunked, head, json_answer, sse, sse_answer
from tests.waiting import wait_until

STEPS = 40
DEFAULT = ReadTimeouts()


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)


def a_run(name: Callable[[int], object] = lambda number: number, error: str | None = None) -> list[bytes]:
    """The frames of a run with `STEPS` steps. `name` returns the id of each."""
    events: list[tuple[str, object]] = [("training.started", {"timestamp": "2026-11-23T10:00:00Z"})]
    events += [("training.log", {"step": step, "loss": 3 - step / 100}) for step in range(1, STEPS + 1)]
    if error is None:
        last = {"artifacts": [{}, {}], "timestamp": "2026-11-23T10:01:00Z"}
        events.append(("training.completed", last))
    else:
        events.append(("training.failed", {"error": error}))
    events.append(("end", "{}"))
    return [sse(event, data, name(number)) for number, (event, data) in enumerate(events, 1)]


def frames_after(request: Request, frames: list[bytes]) -> list[bytes]:
    """The frames after the one that the request resumes from."""
    resumed = request.headers.get("last-event-id")
    if resumed is None:
        return frames
    start = next(n for n, frame in enumerate(frames) if frame.startswith(f"id: {resumed}\n".encode()))
    return frames[start + 1 :]


@contextmanager
def feeding(
    respond: Callable[[Request], Answer], timeouts: ReadTimeouts = DEFAULT, not_found_grace_s: float = 20.0
) -> Iterator[tuple[JobFeed, ScriptedServer]]:
    with ScriptedServer(respond) as server:
        source = StudioSource(server.url, Secret("canary"), EMBEDDED, timeouts)
        feed = JobFeed(source, "job_1", not_found_grace_s=not_found_grace_s)
        feed.start()
        try:
            yield feed, server
        finally:
            feed.close()
            wait_until(lambda: not readers(), what="the end of the reader")


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("feed-job_")]


def closed(feed: JobFeed) -> FeedSnapshot:
    wait_until(lambda: feed.is_complete, what="the feed's end")
    return feed.snapshot()


def assert_whole(snapshot: FeedSnapshot) -> None:
    """Each event is stored once, in order, and none is missing."""
    assert snapshot.metrics.finite("loss").steps.tolist() == list(range(1, STEPS + 1))
    assert [row.number for row in snapshot.log] == list(range(1, STEPS + 3))
    assert [row.message for row in snapshot.log[1:-1]] == [
        f"step={step} loss={3 - step / 100:.4f}" for step in range(1, STEPS + 1)
    ]
    assert (snapshot.events, snapshot.malformed) == (STEPS + 2, 0)


def test_a_whole_stream_is_read_once_and_closed() -> None:
    with feeding(lambda _: sse_answer(*a_run())) as (feed, server):
        snapshot = closed(feed)

    assert_whole(snapshot)
    assert snapshot.facts.started_at_ms == 1_795_428_000_000
    assert snapshot.facts.terminal is not None
    assert (snapshot.facts.terminal.status, snapshot.facts.terminal.at_ms) == ("completed", 1_795_428_060_000)
    assert snapshot.facts.artifacts == 2
    assert snapshot.connection == Closed()
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", [lambda number: number, "id-{:x}".format], ids=["numbers", "words"])
@pytest.mark.parametrize("broken", ["clean", "cut", "reset"])
def test_a_broken_stream_is_resumed_after_the_last_whole_event(
    name: Callable[[int], object], broken: str
) -> None:
    frames = a_run(name)

    def respond(request: Request) -> Answer:
        rest = frames_after(request, frames)
        if len(rest) < 10:
            return sse_answer(*rest)
        return sse_answer(*rest[:7], rest[7][:20], whole=broken == "clean", reset=broken == "reset")

    with feeding(respond) as (feed, server):
        snapshot = closed(feed)

    assert_whole(snapshot)
    assert len(server.requests) > 4


@pytest.mark.parametrize(
    "name", [lambda number: number, "id-{:x}".format, lambda _: None], ids=["numbers", "words", "no ids"]
)
def test_events_of_a_server_that_replays_from_the_start_are_stored_once(
    name: Callable[[int], object],
) -> None:
    frames = a_run(name)
    lengths = iter([7, 20, 12, 30])

    def respond(_: Request) -> Answer:
        return sse_answer(*frames[: next(lengths, len(frames))])

    with feeding(respond) as (feed, _):
        assert_whole(closed(feed))


def test_a_replay_from_the_start_is_no_new_generation() -> None:
    for name in (lambda number: number, lambda _: None):
        frames = a_run(name)
        lengths, go_on = iter([7]), threading.Event()

        def respond(
            _: Request,
            frames: list[bytes] = frames,
            lengths: Iterator[int] = lengths,
            go_on: threading.Event = go_on,
        ) -> Answer:
            length = next(lengths, None)
            return sse_answer(*frames[:length], whole=length is None, hold=go_on if length else None)

        with feeding(respond) as (feed, _server):
            wait_until(lambda feed=feed: feed.snapshot().events == 7)
            before = feed.snapshot().generation
            go_on.set()
            assert closed(feed).generation == before


def test_a_stream_with_ids_on_only_some_events_is_read_again_from_its_start() -> None:
    frames = a_run(lambda number: number if number % 3 else None)
    lengths = iter([8, 23])

    with feeding(lambda _: sse_answer(*frames[: next(lengths, len(frames))])) as (feed, server):
        assert_whole(closed(feed))

    assert [request.headers.get("last-event-id") for request in server.requests] == [None, None, None]


def test_temporary_errors_are_retried() -> None:
    frames = a_run()
    faults = iter(
        [
            json_answer({"error": "later"}, "503 Service Unavailable"),
            Answer([]),
            json_answer({}, "429 Too Many Requests", Retry_After="0"),
            json_answer({"error": "No project state"}, "400 Bad Request"),
            json_answer({}, "404 Not Found"),
            Answer([head(Content_Type="text/html", Content_Length="0")]),
            sse_answer(*frames[:5], whole=False),
            json_answer({"error": "later"}, "500 Internal Server Error"),
        ]
    )

    with feeding(lambda request: next(faults, None) or sse_answer(*frames_after(request, frames))) as (
        feed,
        _,
    ):
        assert_whole(closed(feed))


def test_an_interruption_has_its_time_its_reason_and_the_time_of_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 60.0)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 60.0)
    frames = a_run()

    with feeding(lambda request: sse_answer(*frames_after(request, frames)[:5], whole=False)) as (
        feed,
        server,
    ):
        wait_until(lambda: isinstance(feed.snapshot().connection, Interrupted))
        interrupted = feed.snapshot().connection
        assert isinstance(interrupted, Interrupted)
        assert interrupted.reason == f"The Studio at 127.0.0.1:{server.port} closed the connection too early."
        assert interrupted.next_try_at_ms is not None
        assert 30_000 <= interrupted.next_try_at_ms - interrupted.since_ms <= 60_000
        assert len(feed.snapshot().log) == 5

        feed.retry()
        wait_until(lambda: feed.snapshot().events == 10)
        assert feed.snapshot().metrics.finite("loss").steps.tolist() == list(range(1, 10))


def test_an_interruption_lasts_until_the_next_frame() -> None:
    frames, go_on = a_run(), threading.Event()

    def respond(request: Request) -> Answer:
        if "last-event-id" not in request.headers:
            return sse_answer(*frames[:5])
        start = head(Content_Type="text/event-stream", Transfer_Encoding="chunked")

        def pieces() -> Iterator[bytes]:
            yield start
            go_on.wait(60)
            yield from chunked(b": keep-alive\n\n", whole=False)

        return Answer(pieces(), hold=threading.Event())

    with feeding(respond) as (feed, server):
        wait_until(lambda: len(server.requests) == 2)
        wait_until(lambda: getattr(feed.snapshot().connection, "next_try_at_ms", 0) is None)
        go_on.set()
        wait_until(lambda: feed.snapshot().connection == Live())


def test_a_server_that_stops_and_comes_back_is_reached_again() -> None:
    frames = a_run()
    hold = threading.Event()

    def respond(request: Request) -> Answer:
        rest = frames_after(request, frames)
        return sse_answer(*rest) if hold.is_set() else sse_answer(*rest[:9], whole=False, hold=hold)

    with feeding(respond) as (feed, server):
        wait_until(lambda: feed.snapshot().events == 9)
        server.refuse()
        hold.set()
        wait_until(lambda: "refused" in getattr(feed.snapshot().connection, "reason", ""))
        server.listen()
        assert_whole(closed(feed))


def test_a_stream_that_does_not_send_in_time_is_opened_again() -> None:
    frames, hold = a_run(), threading.Event()

    def respond(request: Request) -> Answer:
        rest = frames_after(request, frames)
        return sse_answer(*rest) if len(rest) < len(frames) else sse_answer(*rest[:9], whole=False, hold=hold)

    with feeding(respond, ReadTimeouts(stream_s=1.0)) as (feed, _):
        assert_whole(closed(feed))


@pytest.mark.parametrize(
    ("status", "unauthorized"),
    [
        ("401 Unauthorized", True),
        ("403 Forbidden", True),
        ("410 Gone", False),
        ("426 Upgrade Required", False),
    ],
)
def test_a_refusal_is_final_until_someone_retries(status: str, unauthorized: bool) -> None:
    frames = a_run()
    answers = iter([json_answer({"error": "Not you."}, status)])

    with feeding(lambda _: next(answers, None) or sse_answer(*frames)) as (feed, server):
        wait_until(lambda: isinstance(feed.snapshot().connection, Refused))
        wait_until(lambda: unauthorized or not readers())
        refused = feed.snapshot().connection
        assert isinstance(refused, Refused)
        assert "Not you." in refused.reason
        assert refused.unauthorized is unauthorized
        assert len(server.requests) == 1

        feed.retry()
        assert_whole(closed(feed))


@pytest.mark.parametrize(
    ("answer", "not_found"),
    [
        (json_answer({"error": "No project state"}, "400 Bad Request"), False),
        (json_answer({"error": "?"}, "404 Not Found"), True),
    ],
)
def test_a_job_that_stays_unknown_is_refused_after_a_grace_period(answer: Answer, not_found: bool) -> None:
    with feeding(lambda _: answer, not_found_grace_s=0.1) as (feed, server):
        wait_until(lambda: isinstance(feed.snapshot().connection, Refused))
        refused = feed.snapshot().connection

    assert isinstance(refused, Refused)
    assert refused.not_found is not_found
    assert len(server.requests) > 1


@pytest.mark.parametrize("whole", [True, False])
def test_a_stream_that_closes_after_a_terminal_event_is_complete(whole: bool) -> None:
    frames = a_run(error="Out of memory")[:-1]

    with feeding(lambda _: sse_answer(*frames, whole=whole)) as (feed, server):
        snapshot = closed(feed)

    assert snapshot.facts.terminal is not None
    assert (snapshot.facts.terminal.status, snapshot.facts.terminal.error) == ("failed", "Out of memory")
    assert len(server.requests) == 1


def test_a_cancellation_event_ends_the_stream() -> None:
    frames = [*a_run()[:-2], sse("training.cancelled", {"timestamp": "2026-11-23T10:01:00Z"}, 99)]
    with feeding(lambda _: sse_answer(*frames)) as (feed, server):
        snapshot = closed(feed)

    assert snapshot.facts.terminal == Terminal("cancelled", 1_795_428_060_000)
    assert len(server.requests) == 1


def test_an_end_event_without_a_terminal_event_ends_the_stream() -> None:
    with feeding(lambda _: sse_answer(sse("end", {}))) as (feed, server):
        snapshot = closed(feed)

    assert snapshot.facts.terminal is None
    assert len(server.requests) == 1


def test_the_stream_of_an_ended_job_is_closed_once_it_has_no_new_events() -> None:
    with feeding(lambda request: sse_answer(*frames_after(request, a_run()[:5]))) as (feed, server):
        wait_until(lambda: len(server.requests) > 2)
        feed.job_ended()
        closed(feed)


@pytest.mark.parametrize(
    "data",
    ["{", "[]", "null", "", "7", '"text"', "[" * 100_000],
)
def test_a_malformed_event_is_counted_and_skipped(data: str) -> None:
    frames = [
        sse("training.log", data, 1),
        sse("training.log", {"step": 2, "loss": 1.0}, 2),
        sse("end", {}, 3),
    ]

    with feeding(lambda _: sse_answer(*frames)) as (feed, _server):
        snapshot = closed(feed)

    assert (snapshot.malformed, snapshot.events) == (1, 1)
    assert snapshot.metrics.finite("loss").steps.tolist() == [2]


def test_unknown_events_are_skipped_and_only_their_id_is_kept() -> None:
    frames = [
        b": hello\n\n",
        sse("ping", {}, 4),
        sse("status", "not json", 5),
        sse("training.log", {"step": 1, "loss": 1}, 6),
    ]

    with feeding(lambda _: sse_answer(*frames, sse("log", {}, 7), whole=False, hold=threading.Event())) as (
        feed,
        _server,
    ):
        wait_until(lambda: feed.snapshot().last_event_id == "7")
        snapshot = feed.snapshot()

    assert (len(snapshot.log), snapshot.malformed) == (1, 0)


def test_losses_that_are_not_finite_are_kept_apart() -> None:
    losses = ["NaN", "Infinity", "1e309", "null", '"x"', "0.5"]
    frames = [sse("training.log", f'{{"step": {n}, "loss": {loss}}}', n) for n, loss in enumerate(losses, 1)]

    with feeding(lambda _: sse_answer(*frames, sse("end", {}))) as (feed, _server):
        snapshot = closed(feed)

    assert snapshot.metrics.finite("loss").values.tolist() == [0.5]
    assert snapshot.metrics.nonfinite("loss").steps.tolist() == [1, 2, 3]
    assert [row.message for row in snapshot.log] == [
        "step=1 loss=NaN",
        "step=2 loss=Infinity",
        "step=3 loss=Infinity",
        "step=4",
        "step=5",
        "step=6 loss=0.5000",
    ]


def test_the_log_keeps_its_newest_500_rows_while_the_losses_keep_all() -> None:
    frames = b"".join(sse("training.log", {"step": n, "loss": 1}, n) for n in range(1, 10_001))

    with feeding(lambda _: sse_answer(frames, sse("end", {}))) as (feed, _server):
        snapshot = closed(feed)

    assert [row.number for row in snapshot.log] == list(range(9_501, 10_001))
    assert len(snapshot.metrics.finite("loss")) == snapshot.events == 10_000


def test_a_5_mb_event_is_stored_and_its_log_row_is_shortened() -> None:
    frame = sse("training.started", json.dumps({"note": "x" * 5_000_000}), 1)

    with feeding(lambda _: sse_answer(frame, sse("end", {}))) as (feed, _server):
        snapshot = closed(feed)

    assert snapshot.events == 1
    assert len(snapshot.log[0].message) < 5_000


def test_a_snapshot_is_the_same_object_until_something_changes() -> None:
    go_on = threading.Event()
    with feeding(lambda _: sse_answer(*a_run()[:3], whole=False, hold=go_on)) as (feed, _server):
        wait_until(lambda: feed.snapshot().events == 3)
        first = feed.snapshot()
        assert feed.snapshot() is first
        go_on.set()
        wait_until(lambda: feed.snapshot().version != first.version)
        assert first.connection == Live()


def test_closing_ends_the_thread_and_the_connection_during_a_quiet_stream() -> None:
    with feeding(lambda _: Answer([], hold=threading.Event())) as (feed, server):
        wait_until(lambda: server.open_connections == 1)
        feed.close()
        wait_until(lambda: not readers())
        wait_until(lambda: server.open_connections == 0)


def test_the_wait_that_a_stream_asks_for_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 3_600.0)
    frames = a_run()

    def respond(request: Request) -> Answer:
        rest = frames_after(request, frames)
        return sse_answer(b"retry: 10\n\n", *rest[:9], whole=len(rest) < 9)

    with feeding(respond) as (feed, _):
        assert_whole(closed(feed))


def test_waits_start_again_at_the_shortest_after_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 3_600.0)
    frames = a_run()

    with feeding(lambda request: sse_answer(*frames_after(request, frames)[:2])) as (feed, server):
        assert_whole(closed(feed))
        assert len(server.requests) > 20


def test_waits_grow_while_only_pings_are_received(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 3_600.0)

    def wait_ms() -> float:
        state = feed.snapshot().connection
        waiting = isinstance(state, Interrupted) and state.next_try_at_ms is not None
        return state.next_try_at_ms - time.time() * 1000 if waiting else 0.0

    with feeding(lambda _: sse_answer(b": hi\n\n", sse("ping", {}))) as (feed, _):
        wait_until(lambda: wait_ms() > 1_000)


def test_a_feed_can_be_read_and_closed_while_its_source_reads_from_a_slow_disk() -> None:
    requested, go_on = threading.Event(), threading.Event()

    class SlowDisk(StudioSource):
        def events(self, job_id: str, last_event_id: str | None = None) -> HttpEvents:
            requested.set()
            go_on.wait(60)
            return super().events(job_id, last_event_id)

    feed = JobFeed(SlowDisk("http://127.0.0.1:1", Secret("canary"), EMBEDDED), "job_1")
    feed.start()
    assert requested.wait(20)
    with ThreadPoolExecutor(1) as pool:
        try:
            assert pool.submit(feed.snapshot).result(timeout=10).connection == Connecting()
            pool.submit(feed.job_ended, "completed").result(timeout=10)
            pool.submit(feed.close).result(timeout=10)
        finally:
            go_on.set()
    wait_until(lambda: not readers(), what="the end of the reader")
