"""A page names its scripts before the browser finds out that it needs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from arkor_dash.live.server.preload import Preload
from tests.servers.asgi import serving


async def page(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("a page")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    preload = Middleware(Preload, scripts=["a.js", "b.js"], pages=["job"], base_path="/team/dash/")
    with serving(Starlette(routes=[Route("/{rest:path}", page)], middleware=[preload])) as address:
        yield f"http://{address}/team/dash"


def test_a_page_names_the_scripts_that_it_needs(address: str) -> None:
    links = requests.get(f"{address}/job?id=1", timeout=30).links
    assert [(link["url"], link["rel"], link["as"]) for link in links.values()] == [
        ("b.js", "preload", "script")
    ]


@pytest.mark.parametrize("path", ["/", "/jobs", "/static/job", "/job/x"])
def test_other_addresses_name_none(address: str, path: str) -> None:
    assert "Link" not in requests.get(f"{address}{path}", timeout=30).headers
