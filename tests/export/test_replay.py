"""Reading a job's events and output so far, anew and to where they are now, on real sockets."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from arkor_dash.errors import JobNotFoundError, SourceUnavailableError
from arkor_dash.export import replay
from arkor_dash.export.replay import events_so_far, output_so_far
from arkor_dash.live.feed import JobFeed
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, EMBEDDED, StudioSource
from tests.servers import Answer, ScriptedServer, Seen, chunked, head, sse, sse_answer
from tests.servers.apis import JOB_ID, TOKEN, ArkorDev, OurStudio, frames
from tests.waiting import wait_until

LAST = len(frames()) - 1
PING = sse("ping", {})


def source(server: ScriptedServer) -> StudioSource:
    return StudioSource(server.url, Secret(TOKEN), EMBEDDED)


def streaming(answer: Answer) -> OurStudio:
    class Streaming(OurStudio):
        def stream(self, _seen: Seen) -> Answer:
            return answer

    return Streaming()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "EVENTS_IDLE_S", 0.2)
    monkeypatch.setattr(replay, "OUTPUT_IDLE_S", 0.2)


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_all_events_of_an_ended_job_are_what_its_feed_has_folded():
    with OurStudio().serve() as server:
        feed = JobFeed(source(server), JOB_ID)
        feed.start()
        wait_until(lambda: feed.finished)
        snapshot = feed.snapshot()
        came = list(events_so_far(source(server), JOB_ID, snapshot.events + snapshot.malformed))

    assert [frame.id for frame in came] == [str(number) for number in range(1, LAST + 1)]
    assert came[-1].name == "training.completed"


def test_the_events_of_a_job_that_is_on_are_those_there_are_by_now(hold: threading.Event):
    with streaming(sse_answer(PING, *frames()[:7], whole=False, hold=hold)).serve() as server:
        came = list(events_so_far(source(server), JOB_ID, 5))

    assert [frame.id for frame in came] == ["1", "2", "3", "4", "5"]


def test_a_stream_that_has_fewer_and_ends_by_itself_has_no_more():
    with streaming(sse_answer(*frames()[:3])).serve() as server:
        assert len(list(events_so_far(source(server), JOB_ID, 9))) == 3


@pytest.mark.usefixtures("quick")
def test_a_stream_that_falls_silent_too_early_is_told_whatever_else_it_sends():
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


@pytest.mark.usefixtures("quick")
def test_a_reader_that_takes_its_time_is_no_silence():
    taken = threading.Event()

    def waiting() -> Iterator[bytes]:
        yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
        yield from chunked(*frames()[:2], whole=False)
        taken.wait(30)
        yield from chunked(*frames()[2:7])

    with streaming(Answer(waiting())).serve() as server:
        came = []
        for frame in events_so_far(source(server), JOB_ID, 5):
            came.append(frame)
            if len(came) == 2:
                threading.Event().wait(0.5)  # longer than a silence may last
                taken.set()

    assert len(came) == 5


def test_a_stream_that_breaks_off_is_told():
    with (
        streaming(sse_answer(*frames()[:3], whole=False)).serve() as server,
        pytest.raises(SourceUnavailableError),
    ):
        list(events_so_far(source(server), JOB_ID, 9))


def test_of_no_events_nothing_is_asked():
    with OurStudio().serve() as server:
        assert list(events_so_far(source(server), JOB_ID, 0)) == []
        assert server.seen == []


def test_the_output_of_an_ended_run_is_whole_and_without_its_trailer():
    with OurStudio().serve() as server:
        printed = b"".join(output_so_far(source(server).runner, "job_new_0001", live=False))

    assert printed == b"Started job job_new_0001\n"


@pytest.mark.usefixtures("quick")
def test_the_output_of_a_run_that_is_on_is_what_it_has_printed_so_far(hold: threading.Event):
    class Printing(OurStudio):
        def other(self, _seen: Seen) -> Answer:
            start = head(Content_Type="text/plain", Transfer_Encoding="chunked")
            return Answer([start, *chunked(b"one\n", b"two", whole=False)], hold=hold)

    with Printing().serve() as server:
        assert b"".join(output_so_far(source(server).runner, JOB_ID, live=True)) == b"one\ntwo"


def test_the_output_of_a_run_that_never_is_quiet_is_read_for_a_while(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(replay, "OUTPUT_MAX_S", 0.3)

    def printing() -> Iterator[bytes]:
        yield head(Content_Type="text/plain", Transfer_Encoding="chunked")
        while True:
            yield b"".join(chunked(b"more\n", whole=False))

    class Printing(OurStudio):
        def other(self, _seen: Seen) -> Answer:
            return Answer(printing())

    with Printing().serve() as server:
        assert b"".join(output_so_far(source(server).runner, JOB_ID, live=True)).startswith(b"more\n")


def test_a_source_that_keeps_no_output_says_so():
    with ArkorDev().serve() as server, pytest.raises(JobNotFoundError):
        list(output_so_far(StudioSource(server.url, Secret(TOKEN), ARKOR_DEV).runner, JOB_ID, live=False))


def test_where_a_recording_came_from_is_a_word_without_an_address():
    assert StudioSource("http://secret.example", Secret(TOKEN)).kind == "studio"
