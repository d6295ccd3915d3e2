"""The download of a run's output: from the Studio that keeps it, or from a copy on this machine."""

from __future__ import annotations

import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from arkor_dash.errors import ExportError, JobNotFoundError, SourceUnavailableError
from arkor_dash.live import backoff
from arkor_dash.live.output import download
from arkor_dash.live.output.download import OutputCopy, kept_output, printed_so_far
from arkor_dash.live.output.follower import RunOutputFeed
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, EMBEDDED, StudioSource
from arkor_dash.sources.http.streams import HttpOutput
from tests.servers import Answer, Request, ScriptedServer, chunked, head, json_answer
from tests.servers.apis import JOB_ID, TOKEN, ArkorDev, OurStudio
from tests.waiting import wait_until

from .test_follower import (
    LINES,
    PRINTED,
    WHOLE,
    ended,
    following,
    offset,
    readers,
    text_answer,
)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)


@pytest.fixture
def _no_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file was created")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", refuse)


@pytest.fixture
def _full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")

    def full(buffering: int, dir: str) -> IO[bytes]:
        return Path("/dev/full").open("r+b", buffering)

    monkeypatch.setattr(tempfile, "TemporaryFile", full)


def whole(output: RunOutputFeed) -> bytes:
    return b"".join(output.download().pieces)


def kept(request: Request) -> Answer:
    """A Studio that keeps the output of its run."""
    return text_answer(WHOLE if request.method == "POST" else WHOLE[offset(request) :])


@pytest.mark.usefixtures("_no_temporary_files")
def test_output_that_the_studio_keeps_is_not_copied_to_the_local_disk() -> None:
    with following(kept) as (output, _):
        output.start()
        assert ended(output).lines == LINES
        assert whole(output) == PRINTED.encode()


def test_a_download_during_a_run_holds_what_was_printed_so_far() -> None:
    hold = threading.Event()

    def respond(_: Request) -> Answer:
        return text_answer(b"so far\n1", whole=False, hold=hold)

    with following(respond) as (output, _):
        output.start()
        wait_until(lambda: output.snapshot().lines == ("so far", "1"))
        assert whole(output) == b"so far\n1"
        hold.set()
        output.close()


def test_a_download_that_fails_says_why_until_one_succeeds() -> None:
    answers: list[Callable[[Request], Answer]] = [
        kept,
        lambda _: json_answer({"error": "busy"}, "503 Service Unavailable"),
        lambda _: json_answer({"error": "?"}, "404 Not Found"),
        kept,
    ]

    def respond(request: Request) -> Answer:
        return answers.pop(0)(request)

    with following(respond) as (output, _):
        output.start()
        ended(output)
        with pytest.raises(SourceUnavailableError):
            whole(output)
        assert "503" in (output.snapshot().download_problem or "")
        with pytest.raises(ExportError, match="no longer keeps"):
            whole(output)
        assert whole(output) == PRINTED.encode()
        assert output.snapshot().download_problem is None


def test_a_download_that_breaks_off_is_resumed() -> None:
    def respond(request: Request) -> Answer:
        if request.method == "POST":
            return text_answer(WHOLE)
        return text_answer(WHOLE[offset(request) :][:50], whole=False)

    with following(respond) as (output, server):
        output.start()
        ended(output)
        assert whole(output) == PRINTED.encode()
        assert len(server.requests) > 5


def test_a_copy_that_leaves_space_on_the_disk_says_how_much_of_the_output_it_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "FREE_KEPT_BYTES", 1 << 60)
    with following(lambda _: text_answer(WHOLE, job_id=None), ARKOR_DEV) as (output, _):
        output.start()
        snapshot = ended(output)
        assert (snapshot.lines, snapshot.exit_code) == (LINES, 0)
        assert whole(output) == b""
        problem = snapshot.download_problem or ""
        assert f"only the first 0 B of {len(PRINTED.encode())} B of the output" in problem
        assert "left" in problem


def test_a_large_output_is_downloaded_whole_and_not_held_in_memory() -> None:
    size = 300_000_000
    line = b"x" * 999 + b"\n"

    def printing() -> Iterator[bytes]:
        yield head(Content_Type="text/plain", Transfer_Encoding="chunked")
        for _ in range(size // len(line) // 100):
            yield from chunked(line * 100, whole=False)
        yield from chunked(b"\n---\nexit=0\n")

    with following(lambda _: Answer(printing()), ARKOR_DEV) as (output, _):
        output.start()
        snapshot = ended(output)
        tracemalloc.start()
        try:
            file = output.download()
            received = sum(map(len, file.pieces))
            held = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (snapshot.download_problem, file.size_bytes, received) == (None, size, size)
    assert held < 20_000_000


def test_a_download_of_a_run_that_another_one_replaces_is_completed() -> None:
    bodies = iter([b"first " * 200_000 + b"\n---\nexit=0\n", b"second\n---\nexit=0\n"])
    with following(lambda _: text_answer(next(bodies), job_id=None), ARKOR_DEV) as (output, _):
        output.start()
        ended(output)
        pieces = output.download().pieces
        started = next(pieces)
        output.start()
        ended(output)
        assert started + b"".join(pieces) == b"first " * 200_000
        assert whole(output) == b"second"


def test_a_download_during_a_run_ends_where_the_run_was_when_it_began() -> None:
    with OurStudio().serve() as server:
        runner = StudioSource(server.url, Secret(TOKEN), EMBEDDED).runner
        body = b"Started job job_new_0001\n"
        assert b"".join(kept_output(runner, "job_new_0001", 8)) == body[:8]
        assert b"".join(kept_output(runner, "job_new_0001", None)) == body


@pytest.mark.parametrize("left", [b"", PRINTED.encode()[:40]])
def test_output_that_the_studio_has_lost_is_missed_and_no_trailer_takes_its_place(left: bytes) -> None:
    def respond(request: Request) -> Answer:
        if request.method == "POST":
            return text_answer(WHOLE)
        return text_answer(left[offset(request) :] + b"\n---\nexit=0\n")

    with following(respond) as (output, _):
        output.start()
        ended(output)
        with pytest.raises(ExportError, match=rf"only the first {len(left)} B of {len(PRINTED.encode())} B"):
            whole(output)
        assert "only the first" in (output.snapshot().download_problem or "")


def test_a_download_that_ends_with_what_looks_like_a_trailer_is_whole() -> None:
    body = b"a\n---\nexit=0\n"
    with ScriptedServer(lambda _: text_answer(body, b"\n---\nexit=0\n")) as server:
        runner = StudioSource(server.url, Secret(TOKEN), EMBEDDED).runner
        for size in range(len(body) + 1):
            assert b"".join(kept_output(runner, "job_7", size)) == body[:size]


def test_the_size_of_the_output_so_far_is_what_the_studio_says_or_unknown() -> None:
    sizes = iter([{"X_Arkor_Output_Size": "12"}, {}, {"X_Arkor_Output_Size": "-1"}])

    def respond(_: Request) -> Answer:
        return Answer([head(Content_Type="text/plain", Content_Length="0", **next(sizes))])

    with ScriptedServer(respond) as server:
        runner = StudioSource(server.url, Secret(TOKEN), EMBEDDED).runner
        assert [printed_so_far(runner, "job_7") for _ in range(3)] == [12, None, None]


def test_a_source_that_keeps_no_output_has_none_to_download() -> None:
    with ArkorDev().serve() as server, pytest.raises(JobNotFoundError):
        printed_so_far(StudioSource(server.url, Secret(TOKEN), ARKOR_DEV).runner, JOB_ID)


@pytest.mark.usefixtures("_full_disk")
def test_a_full_disk_prevents_the_download_and_is_reported() -> None:
    with following(lambda _: text_answer(WHOLE, job_id=None), ARKOR_DEV) as (output, _):
        output.start()
        snapshot = ended(output)
        assert (snapshot.lines, snapshot.exit_code, snapshot.error) == (LINES, 0, None)
        assert "No space left on device" in (snapshot.download_problem or "")
        assert whole(output) == b""
        assert output.snapshot().download_problem == snapshot.download_problem


def test_the_next_run_has_a_copy_of_its_own() -> None:
    bodies: Iterator[bytes] = iter([b"first\n\n---\nexit=0\n", b"second\n\n---\nexit=0\n"])
    with following(lambda _: text_answer(next(bodies), job_id=None), ARKOR_DEV) as (output, _):
        downloads = []
        for _ in range(2):
            output.start()
            ended(output)
            downloads.append(whole(output))
    assert downloads == [b"first\n", b"second\n"]


@pytest.mark.parametrize("slow", ["append", "_piece"])
def test_pages_do_not_wait_for_a_slow_disk(slow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, go_on, hold = threading.Event(), threading.Event(), threading.Event()
    method = getattr(OutputCopy, slow)

    def wait_first(*arguments: object) -> object:
        reached.set()
        go_on.wait(60)
        return method(*arguments)

    monkeypatch.setattr(OutputCopy, slow, wait_first)
    with (
        following(lambda _: text_answer(b"on\n", whole=False, hold=hold), ARKOR_DEV) as (output, _),
        ThreadPoolExecutor(2) as pool,
    ):
        try:
            output.start()
            if slow == "_piece":
                wait_until(lambda: output.snapshot().lines == ("on",))
                pool.submit(whole, output)
            assert reached.wait(20)
            for call in (output.snapshot, output.start, output.attach):
                pool.submit(call).result(timeout=10)
        finally:
            go_on.set()
            hold.set()


def test_pages_do_not_wait_while_the_runner_reads_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    reached, go_on = threading.Event(), threading.Event()
    runner = StudioSource("http://127.0.0.1:1", Secret("canary"), EMBEDDED).runner
    start_run = runner.start_run

    def slow() -> HttpOutput:
        reached.set()
        go_on.wait(60)
        return start_run()

    monkeypatch.setattr(runner, "start_run", slow)
    output = RunOutputFeed(runner)
    with ThreadPoolExecutor(1) as pool:
        try:
            output.start()
            assert reached.wait(20)
            assert pool.submit(output.snapshot).result(timeout=10).starting
            pool.submit(output.close).result(timeout=10)
        finally:
            go_on.set()
    wait_until(lambda: not readers(), what="the end of the reader")
