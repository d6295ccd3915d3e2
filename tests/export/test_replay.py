"""Reading a job's events up to now, on real sockets."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from arkor_dash.errors import SourceUnavailableError
from arkor_dash.export import replay
from arkor_dash.export.replay import events_so_far
from arkor_dash.live.feed import JobFeed
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, StudioSource
from tests.servers import Answer, Request, ScriptedServer, chunked, head, sse, sse_answer
from tests.servers.apis import JOB_ID, TOKEN, OurStudio, frames
from tests.waiting import wait_until

LAST = len(frames()) - 1
PING = sse("ping", {})


def source(server: ScriptedServer) -> StudioSource:
    return StudioSource(server.url, Secret(TOKEN), EMBEDDED)


def streaming(answer: Answer) -> OurStudio:
    class Streaming(OurStudio):
        def stream(self, _seen: Request) -> Answer:
            return answer

    return Streaming()


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "EVENTS_IDLE_S", 1.0)


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_all_events_of_an_ended_job_are_read():
    with OurStudio().serve() as server:
        feed = JobFeed(source(server), JOB_ID)
        feed.start()
        wait_until(lambda: feed.is_complete)
        snapshot = feed.snapshot()
        received = list(events_so_far(source(server), JOB_ID, snapshot.events + snapshot.malformed))

    assert [frame.id for frame in received] == [str(number) for number in range(1, LAST + 1)]
    assert received[-1].name == "training.completed"


@pytest.mark.parametrize(
    "sent",
    [
        [*frames()[:3], *frames()[1:4], *frames()[3:]],
        [*frames()[:4], frames()[0], *frames()[4:]],
        [*frames()[:2], *frames()[:2], *frames()[2:]],
    ],
    ids=["the newest again", "an old one again", "from the start again"],
)
def test_an_event_that_the_server_sends_again_is_exported_once(sent: list[bytes]):
    with streaming(sse_answer(*sent)).serve() as server:
        feed = JobFeed(source(server), JOB_ID)
        feed.start()
        wait_until(lambda: feed.is_complete)
        received = list(events_so_far(source(server), JOB_ID, feed.snapshot().events))

    assert [frame.id for frame in received] == [str(number) for number in range(1, LAST + 1)]


def test_equal_events_without_an_id_are_all_exported():
    again = [sse("training.log", {"step": 1, "loss": 1.0})] * 3
    with streaming(sse_answer(*again)).serve() as server:
        assert len(list(events_so_far(source(server), JOB_ID, 3))) == 3


def test_reading_a_live_job_stops_after_the_requested_count(hold: threading.Event):
    with streaming(sse_answer(PING, *frames()[:7], whole=False, hold=hold)).serve() as server:
        received = list(events_so_far(source(server), JOB_ID, 5))

    assert [frame.id for frame in received] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("end", [b"", sse("end", {})])
def test_a_stream_that_ends_with_fewer_events_is_not_exported_as_if_it_were_whole(end: bytes):
    with (
        streaming(sse_answer(*frames()[:3], end)).serve() as server,
        pytest.raises(SourceUnavailableError, match="sent 3 of 9"),
    ):
        list(events_so_far(source(server), JOB_ID, 9))


@pytest.mark.usefixtures("short_timeouts")
def test_a_stream_without_events_is_given_up_even_if_it_sends_pings():
    def pinging() -> Iterator[bytes]:
        yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
        yield from chunked(*frames()[:3], whole=False)
        while True:
            yield b"".join(chunked(PING, whole=False))

    with (
        streaming(Answer(pinging())).serve() as server,
        pytest.raises(SourceUnavailableError, match="sent 3 of 9"),
    ):
        list(events_so_far(source(server), JOB_ID, 9))


@pytest.mark.usefixtures("short_timeouts")
def test_a_stream_that_only_repeats_events_is_given_up():
    def repeating() -> Iterator[bytes]:
        yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
        while True:
            yield b"".join(chunked(*frames()[:3], whole=False))

    with (
        streaming(Answer(repeating())).serve() as server,
        pytest.raises(SourceUnavailableError, match="sent 3 of 9"),
    ):
        list(events_so_far(source(server), JOB_ID, 9))


@pytest.mark.usefixtures("short_timeouts")
def test_the_time_that_the_reader_needs_does_not_count_as_idle():
    taken = threading.Event()

    def waiting() -> Iterator[bytes]:
        yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
        yield from chunked(*frames()[:2], whole=False)
        taken.wait(60)
        yield from chunked(*frames()[2:7])

    with streaming(Answer(waiting())).serve() as server:
        received = []
        for frame in events_so_far(source(server), JOB_ID, 5):
            received.append(frame)
            if len(received) == 2:
                threading.Event().wait(1.5)  # longer than the idle timeout
                taken.set()

    assert len(received) == 5


def test_a_stream_that_breaks_off_raises_an_error():
    with (
        streaming(sse_answer(*frames()[:3], whole=False)).serve() as server,
        pytest.raises(SourceUnavailableError),
    ):
        list(events_so_far(source(server), JOB_ID, 9))


def test_reading_no_events_sends_no_request():
    with OurStudio().serve() as server:
        assert list(events_so_far(source(server), JOB_ID, 0)) == []
        assert server.requests == []


def test_a_source_kind_does_not_contain_the_address():
    assert StudioSource("http://secret.example", Secret(TOKEN)).kind == "studio"
