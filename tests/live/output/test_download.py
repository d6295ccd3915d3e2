"""The download of a run's output: from the Studio that keeps it, or from a copy on this machine."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from arkor_dash.errors import ExportError, SourceUnavailableError
from arkor_dash.live import backoff
from arkor_dash.live.output import download
from arkor_dash.live.output.download import OutputCopy
from arkor_dash.live.output.follower import RunOutputFeed
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, EMBEDDED, StudioSource
from arkor_dash.sources.http.streams import HttpOutput
from tests.servers import Answer, Request, json_answer
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

    def full(buffering: int) -> IO[bytes]:
        return Path("/dev/full").open("r+b", buffering)

    monkeypatch.setattr(tempfile, "TemporaryFile", full)


def kept(request: Request) -> Answer:
    """A Studio that keeps the output of its run."""
    return text_answer(WHOLE if request.method == "POST" else WHOLE[offset(request) :])


@pytest.mark.usefixtures("_no_temporary_files")
def test_output_that_the_studio_keeps_is_not_copied_to_the_local_disk() -> None:
    with following(kept) as (output, _):
        output.start()
        assert ended(output).lines == LINES
        assert output.download() == PRINTED.encode()


def test_a_download_during_a_run_holds_what_was_printed_so_far() -> None:
    hold = threading.Event()

    def respond(_: Request) -> Answer:
        return text_answer(b"so far\n1", whole=False, hold=hold)

    with following(respond) as (output, _):
        output.start()
        wait_until(lambda: output.snapshot().lines == ("so far", "1"))
        assert output.download() == b"so far\n1"
        hold.set()
        output.close()


def test_output_that_is_too_large_is_not_downloaded_and_the_error_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "DOWNLOAD_LIMIT", 10)
    with following(kept) as (output, server):
        output.start()
        ended(output)
        with pytest.raises(ExportError, match="too large to download here"):
            output.download()
        assert "too large to download here" in (output.snapshot().download_problem or "")
        assert [request.method for request in server.requests] == ["POST"]


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
            output.download()
        assert "503" in (output.snapshot().download_problem or "")
        with pytest.raises(ExportError, match="no longer keeps"):
            output.download()
        assert output.download() == PRINTED.encode()
        assert output.snapshot().download_problem is None


def test_a_download_that_breaks_off_is_resumed() -> None:
    def respond(request: Request) -> Answer:
        if request.method == "POST":
            return text_answer(WHOLE)
        return text_answer(WHOLE[offset(request) :][:50], whole=False)

    with following(respond) as (output, server):
        output.start()
        ended(output)
        assert output.download() == PRINTED.encode()
        assert len(server.requests) > 5


def test_the_copy_of_output_that_is_not_kept_is_bounded_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "DOWNLOAD_LIMIT", 10)
    with following(lambda _: text_answer(WHOLE, job_id=None), ARKOR_DEV) as (output, _):
        output.start()
        snapshot = ended(output)
        assert (snapshot.lines, snapshot.exit_code) == (LINES, 0)
        assert output.download() == PRINTED.encode()[:10]
        assert "only the first 10 bytes" in (snapshot.download_problem or "")


@pytest.mark.usefixtures("_full_disk")
def test_a_full_disk_prevents_the_download_and_is_reported() -> None:
    with following(lambda _: text_answer(WHOLE, job_id=None), ARKOR_DEV) as (output, _):
        output.start()
        snapshot = ended(output)
        assert (snapshot.lines, snapshot.exit_code, snapshot.error) == (LINES, 0, None)
        assert "No space left on device" in (snapshot.download_problem or "")
        assert output.download() == b""
        assert output.snapshot().download_problem == snapshot.download_problem


def test_the_next_run_has_a_copy_of_its_own() -> None:
    bodies: Iterator[bytes] = iter([b"first\n\n---\nexit=0\n", b"second\n\n---\nexit=0\n"])
    with following(lambda _: text_answer(next(bodies), job_id=None), ARKOR_DEV) as (output, _):
        downloads = []
        for _ in range(2):
            output.start()
            ended(output)
            downloads.append(output.download())
    assert downloads == [b"first\n", b"second\n"]


@pytest.mark.parametrize("slow", ["append", "read"])
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
            if slow == "read":
                wait_until(lambda: output.snapshot().lines == ("on",))
                pool.submit(output.download)
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
