"""A job is read as soon as its page is asked for."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from arkor_dash.live.server.read_ahead import JobReading, ReadAhead
from tests.servers.asgi import serving

LIMIT_S = 60
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
"""What a browser sends that opens a page."""


async def page(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("a page")


@contextmanager
def reading_ahead(reading: JobReading) -> Iterator[str]:
    """The address of a server with the middleware."""
    middleware = Middleware(ReadAhead, reading=reading, base_path="/team/dash/")
    with serving(Starlette(routes=[Route("/{rest:path}", page)], middleware=[middleware])) as address:
        yield f"http://{address}"


@pytest.fixture
def read() -> queue.Queue[str]:
    """The ids of the jobs that were read ahead."""
    return queue.Queue()


@pytest.fixture
def address(read: queue.Queue[str]) -> Iterator[str]:
    with reading_ahead(JobReading(read.put)) as address:
        yield address


def get(address: str, headers: dict[str, str] = PAGE) -> None:
    assert requests.get(address, headers=headers, timeout=LIMIT_S).text == "a page"


def test_the_job_of_a_page_is_read(address: str, read: queue.Queue[str]) -> None:
    get(f"{address}/team/dash/job?x=1&id=first&id=run%2F1")
    assert read.get(timeout=LIMIT_S) == "run/1"


@pytest.mark.parametrize(
    "path", ["job?id=a", "team/dash/jobs?id=a", "team/dash/job/x?id=a", "team/dash/job", "team/dash/job?id="]
)
def test_other_pages_read_none(address: str, read: queue.Queue[str], path: str) -> None:
    get(f"{address}/{path}")
    get(f"{address}/team/dash/job?id=the+page")
    assert read.get(timeout=LIMIT_S) == "the page"


@pytest.mark.parametrize("accept", ["image/avif,image/webp,*/*;q=0.8", "*/*"], ids=["picture", "script"])
def test_what_is_no_page_reads_none(address: str, read: queue.Queue[str], accept: str) -> None:
    get(f"{address}/team/dash/job?id=a", {"Accept": accept})
    requests.head(f"{address}/team/dash/job?id=b", headers=PAGE, timeout=LIMIT_S)
    get(f"{address}/team/dash/job?id=the+page")
    assert read.get(timeout=LIMIT_S) == "the page"


def test_the_page_does_not_wait_for_the_reading() -> None:
    has_page, was_in_time = threading.Event(), queue.Queue[bool]()
    with reading_ahead(JobReading(lambda _: was_in_time.put(has_page.wait(LIMIT_S)))) as address:
        get(f"{address}/team/dash/job?id=a")
        has_page.set()
        assert was_in_time.get(timeout=LIMIT_S)


def test_an_error_leaves_the_page_alone(read: queue.Queue[str]) -> None:
    def fail(job_id: str) -> None:
        read.put(job_id)
        raise OSError("no answer")

    with reading_ahead(JobReading(fail)) as address:
        for job_id in ("a", "b"):
            get(f"{address}/team/dash/job?id={job_id}")
            assert read.get(timeout=LIMIT_S) == job_id
