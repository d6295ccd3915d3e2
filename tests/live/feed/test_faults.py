"""Faults of networks and servers, on a real socket: each event is stored once, in order, and none is missing."""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from arkor_dash.live import backoff
from arkor_dash.live.feed import (
    Closed,
    Interrupted,
    JobFeed,
    Live,
    Refused,
    Terminal,
    end_of_stream,
    reader,
    state,
)
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, StudioSource, token_file
from arkor_dash.sources.http.timeouts import DEFAULT_TIMEOUTS
from tests.servers import Answer, Request, ScriptedServer, chunked, head, json_answer, sse, sse_answer
from tests.waiting import wait_until

from .test_reader import a_run, assert_whole, closed, feeding, frames_after, readers

FRAMES = a_run()
EVENT_STREAM = {"Content_Type": "text/event-stream"}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr(reader, "CREDENTIALS_CHECK_S", 0.01)
    monkeypatch.setattr(state, "ENDED_RETRY_S", 0.01)


@contextmanager
def reading(source: StudioSource) -> Iterator[JobFeed]:
    feed = JobFeed(source, "job_1")
    feed.start()
    try:
        yield feed
    finally:
        feed.close()
        wait_until(lambda: not readers(), what="the end of the reader")


def written(frame_end: str) -> list[bytes]:
    """Two events with characters of two, three and four bytes, and with this line end."""
    events: list[tuple[str, object]] = [
        ("training.started", {"x": "é漢😀"}),
        ("training.failed", {"error": "é漢😀"}),
    ]
    lines = [
        f"id: {n}\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
        for n, (name, data) in enumerate(events, 1)
    ]
    return [text.replace("\n", frame_end).encode() for text in lines]


@pytest.mark.parametrize("frame_end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_a_stream_that_breaks_off_at_any_byte_loses_and_duplicates_no_event(
    frame_end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.0)
    frames = written(frame_end)
    body = b"".join(frames)
    wanted: list[int] = []
    cuts: list[int] = []

    def respond(request: Request) -> Answer:
        resumed = request.headers.get("last-event-id")
        if wanted != cuts:
            cuts.append(wanted[-1])
            return sse_answer(body[: wanted[-1]], whole=False)
        return sse_answer(*frames[int(resumed or 0) :])

    with ScriptedServer(respond) as server:
        source = StudioSource(server.url, Secret("canary"), EMBEDDED)
        for place in range(len(body)):
            wanted.append(place)
            with reading(source) as feed:
                snapshot = closed(feed)
            assert [row.message for row in snapshot.log] == ['{"x": "é漢😀"}', "é漢😀"]
            assert snapshot.malformed == 0

    assert cuts == list(range(len(body)))


@pytest.mark.parametrize("frame_end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_a_stream_that_arrives_byte_by_byte_is_read_the_same(frame_end: str) -> None:
    body = b"".join(written(frame_end))
    with feeding(lambda _: sse_answer(*(body[n : n + 1] for n in range(len(body))))) as (feed, _server):
        snapshot = closed(feed)

    assert [row.message for row in snapshot.log] == ['{"x": "é漢😀"}', "é漢😀"]
    assert snapshot.malformed == 0


@pytest.mark.parametrize("name", [lambda number: number, "id-{:x}".format], ids=["numbers", "words"])
def test_events_of_a_server_that_resumes_too_early_are_stored_once(
    name: Callable[[int], object],
) -> None:
    frames = a_run(name)

    def respond(request: Request) -> Answer:
        rest = frames_after(request, frames)
        early = max(1, len(frames) - len(rest) - 4) if len(rest) < len(frames) else 0
        return sse_answer(*frames[early:][:9], whole=False)

    with feeding(respond) as (feed, server):
        assert_whole(closed(feed))
        assert len(server.requests) > 4


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("unchunked", [False, True], ids=["chunked", "unchunked"])
def test_a_body_of_any_encoding_that_breaks_off_repeatedly_loses_no_event(
    packed: bool, unchunked: bool
) -> None:
    def respond(request: Request) -> Answer:
        rest = frames_after(request, FRAMES)
        headers = {**EVENT_STREAM, **({"Content_Encoding": "gzip"} if packed else {})}
        body = b"".join(rest)
        body = gzip.compress(body, mtime=0) if packed else body
        # Half of the remaining bytes. They may end in the middle of a frame or of a gzip member.
        body = body if len(rest) < 6 else body[: len(body) * 3 // 4]
        if unchunked:
            return Answer([head(**headers), body])
        return Answer([head(**headers, Transfer_Encoding="chunked"), *chunked(body, whole=len(rest) < 6)])

    with feeding(respond) as (feed, server):
        assert_whole(closed(feed))
        assert len(server.requests) > 2


def test_every_feature_of_the_event_stream_standard_is_understood() -> None:
    note = "x" * 1_000_000
    body = b"".join(
        [
            b"\xef\xbb\xbfretry: 100\n\n: a comment\n\n",
            sse("ping", {}),
            b"id: 1\r\nevent: training.started\r\ndata: {\r\ndata: }\r\n\r\n",
            sse("status", {"status": "running"}, 2),
            b"event: training.log\rid: 3\rdata: " + json.dumps({"step": 1, "loss": 2, "note": note}).encode(),
            b"\r\r",
            sse("message", "hello", 4),
            b'id: 5\nevent:checkpoint.saved\ndata:{\ndata:"step": 1}\nunknown: x\n\n',
            sse("end", {}),
        ]
    )

    with feeding(lambda _: sse_answer(body)) as (feed, _server):
        snapshot = closed(feed)

    assert [row.message for row in snapshot.log] == ["{\n}", "step=1 loss=2.0000", "step=1"]
    assert (snapshot.malformed, snapshot.connection) == (0, Closed())


def test_a_retry_after_header_is_respected() -> None:
    answer = json_answer({}, "429 Too Many Requests", Retry_After="60")
    with feeding(lambda _: answer) as (feed, server):
        wait_until(lambda: isinstance(feed.snapshot().connection, Interrupted))
        state = feed.snapshot().connection

        assert isinstance(state, Interrupted)
        assert state.next_try_at_ms is not None
        assert state.next_try_at_ms - state.since_ms >= 60_000
        assert len(server.requests) == 1


def test_an_unreachable_server_is_retried_with_growing_waits_until_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 60.0)
    nows = itertools.count(0, 1_000)  # a clock that moves on by much more than a wait at each reading
    with ScriptedServer(lambda request: sse_answer(*frames_after(request, FRAMES))) as server:
        server.refuse()
        feed = JobFeed(StudioSource(server.url, Secret("x"), EMBEDDED), "job_1", clock=lambda: next(nows))
        feed.start()
        waits: list[float] = []

        def note() -> bool:
            state = feed.snapshot().connection
            at = state.next_try_at_ms if isinstance(state, Interrupted) else None
            if at is not None and (not waits or waits[-1] != at % 1_000_000):
                waits.append(at % 1_000_000)
            return bool(waits) and max(waits) > 8 * waits[0]

        wait_until(note)
        since = getattr(feed.snapshot().connection, "since_ms", None)
        server.listen()
        feed.retry()
        assert_whole(closed(feed))

    assert since == 0


def test_a_host_name_that_does_not_resolve_for_a_while_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve, seen = socket.getaddrinfo, threading.Event()

    def unresolved(host: str, *args: Any, **kwargs: Any) -> Any:
        # A test can't make the real resolver fail.
        if host == "studio.example" and not seen.is_set():
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve("127.0.0.1" if host == "studio.example" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    monkeypatch.setenv("no_proxy", "*")
    with ScriptedServer(lambda request: sse_answer(*frames_after(request, FRAMES))) as server:
        source = StudioSource(f"http://studio.example:{server.port}", Secret("x"), EMBEDDED)
        reason = f"The Studio at studio.example:{server.port} has a host name that could not be resolved."
        with reading(source) as feed:
            wait_until(lambda: getattr(feed.snapshot().connection, "reason", "") == reason, what="the reason")
            seen.set()
            assert_whole(closed(feed))


def test_reading_resumes_after_a_restart_of_arkor_dev(tmp_path: Path) -> None:
    path, token = tmp_path / "studio-token", "first"
    path.write_text(token)
    restart = threading.Event()

    def respond(request: Request) -> Answer:
        if request.headers["x-arkor-studio-token"] != token:
            return json_answer({"error": "Missing or invalid studio token"}, "403 Forbidden")
        if "last-event-id" in request.headers:
            return sse_answer(*frames_after(request, FRAMES))
        return sse_answer(*FRAMES[:9], whole=False, hold=restart)

    with ScriptedServer(respond) as server, reading(StudioSource(server.url, token_file(path))) as feed:
        wait_until(lambda: feed.snapshot().events == 9)
        token = "second"
        restart.set()
        wait_until(lambda: isinstance(feed.snapshot().connection, Refused))
        refused = feed.snapshot()
        path.write_text(token)
        assert_whole(closed(feed))

    assert isinstance(refused.connection, Refused)
    assert "studio-token" in refused.connection.reason
    assert refused.events == 9


def test_a_refused_token_is_not_tried_again_until_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "studio-token"
    path.write_text("wrong")
    reads: list[float] = []
    provider = token_file(path)

    def token() -> Secret | None:
        reads.append(time.monotonic())
        return provider()

    with (
        ScriptedServer(lambda _: json_answer({}, "401 Unauthorized")) as server,
        reading(StudioSource(server.url, token)) as feed,
    ):
        wait_until(lambda: len(reads) > 20)
        assert len(server.requests) == 1
        feed.retry()
        wait_until(lambda: len(server.requests) == 2)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("410 Gone", "The received events are kept. Retry requests the stream again."),
        ("426 Upgrade Required", "Upgrade the dashboard, then press Retry"),
    ],
)
def test_a_refusal_in_mid_stream_says_what_to_do_and_reading_resumes_on_request(
    status: str, advice: str
) -> None:
    answers = iter([sse_answer(*FRAMES[:9], whole=False), json_answer({}, status)])

    with feeding(lambda request: next(answers, None) or sse_answer(*frames_after(request, FRAMES))) as (
        feed,
        server,
    ):
        wait_until(lambda: isinstance(feed.snapshot().connection, Refused))
        assert advice in getattr(feed.snapshot().connection, "reason", "")
        assert (feed.snapshot().events, len(server.requests)) == (9, 2)
        feed.retry()
        assert_whole(closed(feed))


def test_the_read_timeout_is_longer_than_two_keep_alives_and_below_45_seconds() -> None:
    assert 2 * 15 < DEFAULT_TIMEOUTS.stream_s < 45 - 1.0 - 2.0  # the first wait, and the time to connect


def test_the_stream_of_a_cancelled_job_is_closed_within_one_poll() -> None:
    connections = end_of_stream.CANCELLED_EMPTY_CONNECTIONS
    reading_s = (1 + connections) * end_of_stream.CANCELLED_QUIET_S
    assert reading_s + connections * end_of_stream.ENDED_RETRY_S < 5.0


def quiet(*frames: bytes) -> Callable[[Request], Answer]:
    """A server that keeps the stream open and sends nothing more."""
    return lambda request: sse_answer(
        *frames_after(request, list(frames)), b": hi\n\n", whole=False, hold=threading.Event()
    )


def ends_by_polling(feed: JobFeed, status: str) -> None:
    """Report the end of the job to the feed repeatedly, as a page does, until the feed is closed."""

    def finished() -> bool:
        feed.job_ended(status)
        return feed.is_complete

    wait_until(finished)


def test_the_feed_of_a_cancelled_job_is_closed_though_its_stream_stays_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(end_of_stream, "QUIET_S", 0.05)
    with feeding(quiet(*FRAMES[:9])) as (feed, server):
        wait_until(lambda: feed.snapshot().events == 9)
        ends_by_polling(feed, "cancelled")
        wait_until(lambda: server.open_connections == 0 and not readers())

        assert feed.snapshot().connection == Closed()
        assert feed.snapshot().events == 9


def test_the_feed_waits_for_the_cancellation_event_of_a_studio_that_sends_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(end_of_stream, "CANCELLED_QUIET_S", 0.0)
    polled = threading.Event()

    def late() -> Iterator[bytes]:
        yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
        yield from chunked(*FRAMES[:9], whole=False)
        polled.wait(30)
        yield from chunked(sse("training.cancelled", {}, 10))

    with feeding(lambda _: Answer(late())) as (feed, server):
        wait_until(lambda: feed.snapshot().events == 9)
        for _ in range(20):
            feed.job_ended("cancelled")
        polled.set()
        ends_by_polling(feed, "cancelled")
        assert feed.snapshot().facts.terminal == Terminal("cancelled", None)
        assert len(server.requests) == 1


def test_an_interruption_of_a_cancelled_job_ends_without_waiting_for_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 3_600.0)
    with feeding(lambda request: sse_answer(*frames_after(request, FRAMES[:9]))) as (feed, _):
        wait_until(lambda: isinstance(feed.snapshot().connection, Interrupted))
        ends_by_polling(feed, "cancelled")

        assert feed.snapshot().events == 9


def test_the_feed_waits_for_the_last_events_of_a_completed_job_after_a_long_quiet_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(end_of_stream, "QUIET_S", 0.3)
    go_on = threading.Event()

    def respond(_: Request) -> Answer:
        def pieces() -> Iterator[bytes]:
            yield head(**EVENT_STREAM, Transfer_Encoding="chunked")
            yield from chunked(*FRAMES[:9], whole=False)
            go_on.wait(60)
            yield from chunked(*FRAMES[9:])

        return Answer(pieces())

    with feeding(respond) as (feed, _server):
        wait_until(lambda: feed.snapshot().events == 9)
        quiet_since = time.monotonic()
        wait_until(lambda: time.monotonic() - quiet_since > 0.4)
        feed.job_ended("completed")
        assert feed.snapshot().connection == Live()
        go_on.set()
        assert_whole(closed(feed))


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_the_quiet_stream_of_an_ended_job_is_opened_a_few_more_times_and_then_closed(
    monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(end_of_stream, "QUIET_S", 0.05)
    monkeypatch.setattr(state, "ENDED_RETRY_S", 0.5)  # so that a late poll does not close the next connection
    with feeding(quiet(*FRAMES[:9])) as (feed, server):
        wait_until(lambda: feed.snapshot().events == 9)
        ends_by_polling(feed, status)
        assert [request.headers.get("last-event-id") for request in server.requests] == [None, "9", "9", "9"]


@pytest.mark.parametrize("status", ["completed", "cancelled"])
@pytest.mark.parametrize("ids", [True, False], ids=["ids", "no ids"])
def test_the_last_events_are_not_lost_if_the_connection_was_dead_when_the_job_ended(
    monkeypatch: pytest.MonkeyPatch, status: str, ids: bool
) -> None:
    monkeypatch.setattr(end_of_stream, "QUIET_S", 1.0)
    monkeypatch.setattr(end_of_stream, "CANCELLED_QUIET_S", 1.0)
    monkeypatch.setattr(state, "ENDED_RETRY_S", 0.5)
    frames = a_run() if ids else a_run(lambda _: None)
    dead = iter([sse_answer(*frames[:9], whole=False, hold=threading.Event())])
    rest = quiet(*frames[:-2])  # neither a terminal event nor `end`
    with feeding(lambda request: next(dead, None) or rest(request)) as (feed, _server):
        wait_until(lambda: feed.snapshot().events == 9)
        banners = set()

        def finished() -> bool:
            feed.job_ended(status)
            banners.add(type(feed.snapshot().connection))
            return feed.is_complete

        wait_until(finished)
        assert [row.number for row in feed.snapshot().log] == list(range(1, len(frames) - 1))
        assert banners <= {Live, Closed}


@pytest.mark.parametrize(
    "answer",
    [
        sse_answer(),
        sse_answer(b": hi\n\n", whole=False),
        sse_answer(b": hi\n\n", whole=False, reset=True),
        json_answer({"error": "Job not found"}, "404 Not Found"),
        json_answer({"error": "Gone"}, "410 Gone"),
    ],
    ids=["empty", "cut", "reset", "404", "410"],
)
def test_the_stream_of_an_ended_job_without_new_events_is_not_opened_for_ever(answer: Answer) -> None:
    answers = iter([sse_answer(*FRAMES[:9], whole=False)])

    with feeding(lambda _: next(answers, None) or answer, not_found_grace_s=0.1) as (feed, _server):
        wait_until(lambda: feed.snapshot().events == 9)
        ends_by_polling(feed, "failed")

        assert feed.snapshot().events == 9


def test_the_last_events_of_an_ended_job_are_read_after_a_passing_404() -> None:
    answers = iter([sse_answer(*FRAMES[:9], whole=False)])
    missing = threading.Event()

    def respond(request: Request) -> Answer:
        if not missing.is_set():
            return next(answers, None) or json_answer({}, "404 Not Found")
        return sse_answer(*frames_after(request, FRAMES))

    with feeding(respond) as (feed, server):
        wait_until(lambda: len(server.requests) > 2)
        feed.job_ended("completed")
        wait_until(lambda: len(server.requests) > 4)
        missing.set()
        assert_whole(closed(feed))


def test_a_refused_stream_is_complete_once_polling_says_that_the_job_has_ended() -> None:
    answers = iter([sse_answer(*FRAMES[:9], whole=False)])
    gone = json_answer({"error": "Gone"}, "410 Gone")

    with feeding(lambda _: next(answers, None) or gone) as (feed, _server):
        wait_until(lambda: isinstance(feed.snapshot().connection, Refused) and not readers())
        feed.job_ended("cancelled")

        assert feed.snapshot().connection == Closed()


@pytest.mark.parametrize("whole", [True, False], ids=["clean", "cut"])
def test_the_rest_of_an_ended_jobs_stream_is_read_over_broken_connections(whole: bool) -> None:
    with feeding(lambda request: sse_answer(*frames_after(request, FRAMES)[:4], whole=whole)) as (feed, _):
        feed.job_ended("completed")
        assert_whole(closed(feed))


@pytest.mark.parametrize(
    ("name", "short"), [(lambda number: number, 9), (lambda _: None, 0)], ids=["ids ignored", "no ids"]
)
def test_a_connection_that_ends_before_it_reached_the_known_events_does_not_prove_the_end(
    name: Callable[[int], object], short: int
) -> None:
    frames = a_run(name)[:-2]
    lengths, go_on = iter([20, short]), threading.Event()

    def respond(_: Request) -> Answer:
        length = next(lengths, None)
        *most, last_chunk = sse_answer(*frames[:length]).pieces

        def pieces() -> Iterator[bytes]:
            yield from most
            if length == 20:
                go_on.wait(60)
            yield last_chunk

        return Answer(pieces())

    with feeding(respond) as (feed, _server):
        wait_until(lambda: feed.snapshot().events == 20)
        feed.job_ended("completed")
        go_on.set()
        assert closed(feed).events == len(frames)


@pytest.mark.parametrize(
    ("status", "tries"),
    [("failed", end_of_stream.EMPTY_CONNECTIONS), ("cancelled", end_of_stream.CANCELLED_EMPTY_CONNECTIONS)],
)
@pytest.mark.parametrize("empty", [sse_answer(), sse_answer(b": hi\n\n", whole=False)], ids=["clean", "cut"])
def test_an_empty_stream_of_an_ended_job_is_opened_a_few_more_times_before_it_counts_as_complete(
    empty: Answer, status: str, tries: int
) -> None:
    assert tries > 1
    answers = iter([empty] * (tries - 1))

    def late(request: Request) -> Answer:
        return next(answers, None) or sse_answer(*frames_after(request, FRAMES[:9]))

    with feeding(late) as (feed, _server):
        feed.job_ended(status)
        assert closed(feed).events == 9
    with feeding(lambda _: empty) as (feed, _server):
        feed.job_ended(status)
        assert closed(feed).events == 0


def test_the_log_has_the_servers_times_however_wrong_its_clock_is() -> None:
    times = ["2031-01-01T00:00:00Z", "1999-01-01T00:00:00Z"]
    frames = [sse("training.log", {"step": n, "timestamp": at}, n) for n, at in enumerate(times, 1)]

    with feeding(lambda _: sse_answer(*frames, sse("end", {}))) as (feed, _server):
        snapshot = closed(feed)

    assert [row.at_ms for row in snapshot.log] == [1_924_992_000_000, 915_148_800_000]
