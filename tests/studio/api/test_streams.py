from __future__ import annotations

import asyncio
import gc
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from arkor_dash.protocol.exit_trailer import exit_trailer
from arkor_dash.studio.api.server import StudioServer, bind
from arkor_dash.studio.api.streams import (
    END,
    KEEP_ALIVE,
    JobEvents,
    event_stream,
    frame,
    output_stream,
    parse_event_id,
    parse_offset,
)
from arkor_dash.studio.context import StudioContext
from arkor_dash.studio.errors import RequestError
from arkor_dash.studio.state_dir import StateDir
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.records import EventPage, NewEvent, StoredEvent
from arkor_dash.studio.storage.store import Store
from arkor_dash.studio.studio import Studio
from arkor_dash.studio.wakeups import Wakeups
from tests.studio.process import StudioProcess
from tests.waiting import wait_until

Launch = Callable[..., StudioProcess]


class Served:
    """A Studio in this process, with direct access to its store and a short keep-alive."""

    def __init__(self, root: Path) -> None:
        state = StateDir(root)
        state.create()
        self.store = Store(sqlite_url(state.database))
        self.store.create_job("job", "name", datetime.now(UTC))
        listener = bind(0)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.context = StudioContext(root, state, self.store, self.url, "token", keep_alive_s=0.05)
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.server = StudioServer(Studio(self.context), ready.set)
        self.thread = threading.Thread(target=self._run, args=(listener,))
        self.thread.start()
        assert ready.wait(20)

    def _run(self, listener: object) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self.server.serve(sockets=[listener]))

    def append(self, first: int, last: int, name: str = "training.log") -> None:
        events = [
            NewEvent(seq, name, json.dumps({"step": seq}), datetime.now(UTC))
            for seq in range(first, last + 1)
        ]
        self.store.append("job", events)
        self.loop.call_soon_threadsafe(self.context.events_stored.notify, "job")

    def open(self, **headers: str) -> requests.Response:
        headers = {"X-Arkor-Studio-Token": "token", **headers}
        return requests.get(f"{self.url}/api/jobs/job/events", headers=headers, stream=True, timeout=20)

    def close(self) -> None:
        self.server.stop()
        self.thread.join(timeout=20)
        self.store.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    serving = Served(tmp_path / "state")
    yield serving
    serving.close()


def read_until(answer: requests.Response, text: bytes) -> bytes:
    received = b""
    while text not in received:
        chunk = answer.raw.read1(65_536)
        assert chunk, received
        received += chunk
    return received


def ids(body: bytes) -> list[int]:
    return [int(line[4:]) for line in body.decode().splitlines() if line.startswith("id: ")]


def test_a_frame_has_its_id_its_name_and_its_data() -> None:
    assert frame(StoredEvent(7, "training.log", '{"a": 1}')) == (
        'id: 7\nevent: training.log\ndata: {"a": 1}\n\n'
    )


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_data_of_several_lines_stays_one_event(end: str) -> None:
    assert frame(StoredEvent(1, "x", f'{{{end}"a": 1}}')) == 'id: 1\nevent: x\ndata: {\ndata: "a": 1}\n\n'


@pytest.mark.parametrize(
    ("text", "seq"),
    [("12", 12), ("0", 0), (None, 0), ("", 0), ("-1", 0), ("1.5", 0), ("x", 0), ("9" * 40, 0), ("٣", 0)],
)
def test_an_event_id_of_another_form_means_the_start(text: str | None, seq: int) -> None:
    assert parse_event_id(text) == seq


def test_an_ended_job_is_replayed_whole_and_its_stream_ends(served: Served) -> None:
    served.append(1, 5_000)
    served.append(5_001, 5_001, "training.completed")
    with served.open() as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-cache, no-transform"
        body = answer.content
    assert ids(body) == list(range(1, 5_002))
    assert body.endswith(END)


def test_a_stream_resumes_after_the_last_event_id(served: Served) -> None:
    served.append(1, 9)
    served.append(10, 10, "training.failed")
    with served.open(**{"Last-Event-ID": "7"}) as answer:
        assert ids(answer.content) == [8, 9, 10]
    with served.open(**{"Last-Event-ID": "10"}) as answer:
        assert answer.content == END


@pytest.mark.parametrize("last", ["nonsense", "-3", "11", "1e3"])
def test_a_stream_with_an_unusable_last_event_id_begins_at_the_start(served: Served, last: str) -> None:
    served.append(1, 1, "training.completed")
    with served.open(**{"Last-Event-ID": last}) as answer:
        assert ids(answer.content) == [1]


def test_an_open_stream_gets_new_events_and_the_end(served: Served) -> None:
    with served.open() as first, served.open() as second:
        for answer in (first, second):
            assert answer.raw.read1(100) == KEEP_ALIVE
        served.append(1, 2)
        for answer in (first, second):
            assert ids(read_until(answer, b"id: 2")) == [1, 2]
        served.append(3, 3, "training.completed")
        for answer in (first, second):
            assert read_until(answer, END).endswith(END)
            assert answer.raw.read1(1) == b""


def test_events_stored_while_a_stream_reads_are_sent_at_once(tmp_path: Path) -> None:
    with Store(sqlite_url(tmp_path / "studio.sqlite3")) as store:
        store.create_job("job", "name", datetime.now(UTC))
        store.append("job", [NewEvent(1, "x", "{}", datetime.now(UTC))])
        events_stored = Wakeups()

        async def stream() -> list[bytes]:
            loop = asyncio.get_running_loop()
            events_after = store.events_after

            def read_while_more_is_stored(job_id: str, after: int) -> EventPage:
                page = events_after(job_id, after)
                if after < 2:
                    store.append("job", [NewEvent(after + 1, "x", "{}", datetime.now(UTC))])
                    asyncio.run_coroutine_threadsafe(notify(), loop).result(timeout=20)
                return page

            async def notify() -> None:
                events_stored.notify("job")

            store.events_after = read_while_more_is_stored  # type: ignore[method-assign]
            events = JobEvents(store, "job", None)
            first = await asyncio.to_thread(events.next, 0)
            frames = event_stream(events, first, events_stored, keep_alive_s=30)
            return [await anext(frames), await anext(frames)]

        assert list(map(ids, asyncio.run(stream()))) == [[1], [2]]


def test_a_stream_that_resumes_beyond_the_last_event_misses_nothing(tmp_path: Path) -> None:
    with Store(sqlite_url(tmp_path / "studio.sqlite3")) as store:
        store.create_job("job", "name", datetime.now(UTC))

        async def stream() -> bytes:
            events = JobEvents(store, "job", None)
            frames = event_stream(events, events.next(2), Wakeups(), keep_alive_s=0)
            assert await anext(frames) == KEEP_ALIVE
            store.append("job", [NewEvent(seq, "x", "{}", datetime.now(UTC)) for seq in (1, 2, 3)])
            return await anext(frames)

        assert ids(asyncio.run(stream())) == [1, 2, 3]


def test_an_open_stream_of_a_job_that_is_deleted_ends_without_an_end(tmp_path: Path) -> None:
    with Store(sqlite_url(tmp_path / "studio.sqlite3")) as store:
        store.create_job("job", "name", datetime.now(UTC))
        store.append("job", [NewEvent(1, "training.completed", "{}", datetime.now(UTC))])

        async def stream() -> bytes:
            events = JobEvents(store, "job", None)
            # More events are to be read when the job is deleted.
            first = replace(events.next(0), is_last=False)
            frames = event_stream(events, first, Wakeups(), 20)
            received = await anext(frames)
            store.delete_job("job")
            async with asyncio.timeout(20):
                return received + b"".join([frame async for frame in frames])

        assert asyncio.run(stream()) == b"id: 1\nevent: training.completed\ndata: {}\n\n"


def test_a_stream_without_new_events_sends_only_keep_alive_comments(served: Served) -> None:
    served.append(1, 1)
    with served.open() as answer:
        assert read_until(answer, KEEP_ALIVE * 3).count(b"data:") == 1


def test_no_data_is_kept_for_readers_that_disconnected(served: Served) -> None:
    open_streams = [served.open() for _ in range(5)]
    wait_until(lambda: len(served.context.events_stored) == 1)
    for answer in open_streams:
        answer.close()

    def is_forgotten() -> bool:
        gc.collect()
        return len(served.context.events_stored) == 0 and not served.server.server_state.tasks

    wait_until(is_forgotten)


def test_a_slow_reader_does_not_delay_others(served: Served) -> None:
    for first in range(1, 20_001, 5_000):
        served.append(first, first + 4_999)
    with served.open() as slow:
        slow.raw.read1(10)
        with served.open() as fast:
            assert ids(read_until(fast, b"id: 20000\n"))[-1] == 20_000


def test_a_stream_of_an_unknown_job_is_not_found(launch: Launch) -> None:
    answer = launch().get("/api/jobs/job_0123456789abcdef/events")
    assert (answer.status_code, answer.json()) == (404, {"error": "There is no such job."})


def test_every_event_of_a_live_run_is_received_once_across_reconnects(launch: Launch) -> None:
    studio = launch(
        trainer="for n in range(1, 400, 3):\n"
        "    send(*((seq, 'training.log', {'step': seq}) for seq in range(n, n + 3)))\n"
        "send((n + 3, 'training.completed', {}))"
    )
    job_id = studio.start()
    received: list[int] = []
    ended = False
    while not ended:
        last = {"Last-Event-ID": str(received[-1])} if received else {}
        for number, (seq, name, _) in enumerate(studio.events(job_id, **last)):
            if name == "end":
                ended = True
                break
            received.append(int(seq))
            if number == 20:
                break
    assert received == list(range(1, len(received) + 1))
    assert len(received) == studio.get(f"/api/jobs/{job_id}/events").text.count("id: ")


def test_nan_and_infinity_are_streamed_unchanged(launch: Launch) -> None:
    studio = launch(
        trainer="send((1, 'training.log', {'loss': float('nan'), 'a': float('inf'), 'b': -float('inf')}))"
    )
    body = studio.get(f"/api/jobs/{studio.train()[0]}/events").text
    assert 'data: {"loss": NaN, "a": Infinity, "b": -Infinity}\n' in body


def test_output_written_just_before_the_end_comes_before_the_trailer(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.touch()

    def ends_with_a_last_line() -> bytes:
        if not log.read_bytes():
            log.write_bytes(b"last word\n")
        return exit_trailer(0)

    async def read() -> bytes:
        return b"".join(
            [chunk async for chunk in output_stream(log, 0, Wakeups(), "job", ends_with_a_last_line)]
        )

    assert asyncio.run(read()) == b"last word\n\n---\nexit=0\n"


def test_output_streams_end_without_a_trailer_when_the_studio_stops(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.write_bytes(b"so far")

    async def read() -> list[bytes]:
        output_grew = Wakeups()
        chunks = output_stream(log, 0, output_grew, "job", lambda: None)
        received = [await anext(chunks)]
        asyncio.get_running_loop().call_soon(output_grew.close)
        return received + [chunk async for chunk in chunks]

    assert asyncio.run(read()) == [b"so far"]


def test_an_offset_is_a_number_of_bytes() -> None:
    assert (parse_offset(None), parse_offset("0"), parse_offset("17")) == (0, 0, 17)
    for text in ("", "-1", "+1", "1_0", "٣", "1" * 19):
        with pytest.raises(RequestError):
            parse_offset(text)


def test_the_output_names_its_size_so_that_a_reader_can_stop_there(launch: Launch) -> None:
    studio = launch(trainer="print('x' * 999)")
    job_id, _ = studio.train()
    answer = studio.get(f"/api/jobs/{job_id}/output?offset=400")
    assert answer.headers["X-Arkor-Output-Size"] == "1000"
    assert answer.text == "x" * 599 + "\n\n---\nexit=0\n"
