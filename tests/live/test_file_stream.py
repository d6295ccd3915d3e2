"""Files that are sent piece by piece, over a real server."""

from __future__ import annotations

import gc
import itertools
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import requests
from starlette.applications import Starlette

from arkor_dash.errors import ExportError, SourceUnavailableError
from arkor_dash.live import file_stream
from arkor_dash.live.file_stream import FileLink, FileStream
from tests.servers import asgi
from tests.waiting import wait_until


@contextmanager
def serving(base_path: str = "") -> Iterator[str]:
    """The address of a server that has the route and nothing else."""
    with asgi.serving(Starlette(routes=[file_stream.route(base_path)])) as address:
        yield f"http://{address}/{base_path.strip('/')}".rstrip("/")


def get(base: str, link: FileLink, **options: object) -> requests.Response:
    return requests.get(f"{base}/{link.address}", timeout=30, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("base_path", ["", "team/app", "/team/app", "/team/"])
@pytest.mark.parametrize("size", [None, 6])
def test_a_file_is_sent_whole_and_never_compressed(base_path: str, size: int | None) -> None:
    link = FileLink(lambda: FileStream("job_é.log", iter([b"one", b"", b"two"]), size, "text/plain"))
    with serving(base_path) as base:
        answer = get(base, link, headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.content) == (200, b"onetwo")
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''job_%C3%A9.log"
    assert answer.headers.get("Content-Length") == (None if size is None else "6")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_that_can_not_be_made_is_an_error_that_says_why() -> None:
    def gone() -> FileStream:
        raise ExportError("It is gone.")

    def late() -> Iterator[bytes]:
        raise SourceUnavailableError("It is away.")
        yield b""

    def broken() -> FileStream:
        raise ZeroDivisionError

    with serving() as base:
        links = [FileLink(gone), FileLink(lambda: FileStream("a", late())), FileLink(broken)]
        answers = [get(base, link) for link in links]
    assert [(answer.status_code, answer.text) for answer in answers[:2]] == [
        (404, "It is gone."),
        (503, "It is away."),
    ]
    assert answers[2].status_code == 500
    assert "ZeroDivisionError" not in answers[2].text


@pytest.mark.parametrize("size", [None, 100])
def test_a_file_that_breaks_off_is_not_taken_for_a_whole_one(size: int | None) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise SourceUnavailableError("It is away.")

    link = FileLink(lambda: FileStream("a", pieces(), size))
    with serving() as base, pytest.raises(requests.RequestException):
        get(base, link)


def test_a_link_that_nobody_keeps_or_that_never_was_leads_nowhere() -> None:
    link = FileLink(lambda: FileStream("a", iter([b"one"])))
    address = link.address
    del link
    gc.collect()
    with serving() as base:
        answers = [requests.get(f"{base}/{path}", timeout=30) for path in (address, "arkor/file/guess")]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_browser_that_goes_away_ends_the_reading() -> None:
    closed = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            closed.set()

    link = FileLink(lambda: FileStream("a", endless()))
    with serving() as base:
        with get(base, link, stream=True) as answer:
            assert answer.raw.read(10) == b"x" * 10
        assert closed.wait(30)


def test_a_slow_browser_holds_up_the_reading_and_no_memory() -> None:
    made = 0

    def endless() -> Iterator[bytes]:
        nonlocal made
        while True:
            made += 1
            yield b"x" * 1_000_000

    link = FileLink(lambda: FileStream("a", endless()))

    def is_still() -> bool:
        before = made
        threading.Event().wait(0.5)
        return made == before

    with serving() as base, get(base, link, stream=True):
        wait_until(is_still, what="a server that waits for the browser")
        assert made < 100


def test_a_request_for_the_headers_alone_reads_no_file() -> None:
    closed = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    link = FileLink(lambda: FileStream("a", endless(), 7))
    with serving() as base:
        answer = requests.head(f"{base}/{link.address}", timeout=30)
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "7")
    assert closed.is_set()


@contextmanager
def slow_downloads(base: str, links: list[FileLink]) -> Iterator[list[requests.Response]]:
    with ExitStack() as held:
        yield [held.enter_context(get(base, link, stream=True)) for link in links]


def endless_link() -> FileLink:
    return FileLink(lambda: FileStream("a", itertools.repeat(b"x" * 100_000)))


def test_a_link_sends_only_a_few_files_at_once_and_the_next_once_one_has_ended() -> None:
    link, other = endless_link(), endless_link()
    with serving() as base, slow_downloads(base, [link] * file_stream.MOST_FILES_OF_LINK) as answers:
        assert {answer.status_code for answer in answers} == {200}
        refused = get(base, link)
        assert (refused.status_code, refused.text) == (
            503,
            "This file is being sent several times already. Reload the page.",
        )
        with slow_downloads(base, [other]) as (served,):
            assert served.status_code == 200
        answers[0].close()

        def is_served() -> bool:
            with get(base, link, stream=True) as answer:
                return answer.status_code == 200

        wait_until(is_served, what="the place of the file that has ended")


def test_all_links_together_send_only_so_many_files_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_stream, "MOST_FILES", 3)
    links = [endless_link() for _ in range(4)]
    with serving() as base, slow_downloads(base, links[:3]) as answers:
        assert {answer.status_code for answer in answers} == {200}
        refused = get(base, links[3])
        assert (refused.status_code, refused.text) == (
            503,
            "Too many files are being sent. Try again in a minute.",
        )
