"""A job is read as soon as its page is asked for."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest
import requests
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from arkor_dash.live.server.read_ahead import ReadAhead
from tests.servers.asgi import serving

LIMIT_S = 60


async def page(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("a page")


@pytest.fixture
def read() -> queue.Queue[str]:
    """The ids of the jobs that were read ahead."""
    return queue.Queue()


@pytest.fixture
def address(read: queue.Queue[str]) -> Iterator[str]:
    read_ahead = Middleware(ReadAhead, read=read.put, base_path="/team/dash/")
    with serving(Starlette(routes=[Route("/{rest:path}", page)], middleware=[read_ahead])) as address:
        yield f"http://{address}/team/dash"


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Dest": "document"}], ids=["old browser", "browser"])
def test_the_job_of_a_page_is_read(address: str, read: queue.Queue[str], headers: dict[str, str]) -> None:
    answer = requests.get(f"{address}/job?x=1&id=run%2F1&id=last", headers=headers, timeout=LIMIT_S)
    assert answer.text == "a page"
    assert read.get(timeout=LIMIT_S) == "last"


def test_nothing_else_is_read(address: str, read: queue.Queue[str]) -> None:
    for path in ("/jobs?id=a", "/job", "/job?id=", "/job/x?id=b", "/static/job?id=c"):
        requests.get(f"{address}{path}", timeout=LIMIT_S)
    requests.head(f"{address}/job?id=d", timeout=LIMIT_S)
    requests.get(f"{address}/job?id=e", headers={"Sec-Fetch-Dest": "image"}, timeout=LIMIT_S)
    requests.get(f"{address}/job?id=the+page", timeout=LIMIT_S)
    assert read.get(timeout=LIMIT_S) == "the page"


def test_an_error_does_not_keep_the_page(read: queue.Queue[str]) -> None:
    def fail(job_id: str) -> None:
        read.put(job_id)
        raise OSError("no dashboard")

    read_ahead = Middleware(ReadAhead, read=fail)
    with serving(Starlette(routes=[Route("/{rest:path}", page)], middleware=[read_ahead])) as address:
        for job_id in ("a", "b"):
            assert requests.get(f"http://{address}/job?id={job_id}", timeout=LIMIT_S).text == "a page"
            assert read.get(timeout=LIMIT_S) == job_id
