"""The head of a page has the app's title, icon and styles before Streamlit has started."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, PlainTextResponse
from starlette.routing import Route

from arkor_dash.live.server.page_head import PageHead, icon_address, style_element
from tests.servers.asgi import serving

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
BROWSER = {"Accept": "text/html,*/*;q=0.8", "Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = Starlette(
        routes=[
            Route("/page", lambda _: FileResponse(INDEX)),
            Route("/text", lambda _: PlainTextResponse("<title></title></head>")),
            Route("/error", lambda _: PlainTextResponse("gone", 404, media_type="text/html")),
        ],
        middleware=[Middleware(PageHead, title="our <app>"), Middleware(GZipMiddleware)],
    )
    with serving(app) as served:
        yield f"http://{served}"


def test_the_page_has_the_title_the_icon_and_the_styles(address: str) -> None:
    page = requests.get(f"{address}/page", headers=BROWSER, timeout=30).text
    assert re.findall(r"<title>(.*)</title>", page) == ["our &lt;app&gt;"]
    assert f'<link rel="shortcut icon" href="{icon_address()}" />' in page
    assert f"{style_element()}</head>" in page
    assert page.endswith(INDEX.read_text(encoding="utf-8")[-100:])


def test_a_browser_that_has_an_older_page_gets_the_whole_new_one(address: str) -> None:
    tag = requests.get(f"{address}/page", timeout=30).headers["ETag"]  # Streamlit's own
    answer = requests.get(f"{address}/page", headers={**BROWSER, "If-None-Match": tag}, timeout=30)
    assert answer.status_code == 200
    assert "ETag" not in answer.headers
    assert len(answer.content) == int(answer.headers["Content-Length"])


@pytest.mark.parametrize("path", ["text", "error"])
def test_other_answers_stay_as_they_are(address: str, path: str) -> None:
    with_head = requests.get(f"{address}/{path}", headers=BROWSER, timeout=30)
    assert with_head.text == requests.get(f"{address}/{path}", timeout=30).text


def test_what_is_no_page_for_a_browser_stays_compressed(address: str) -> None:
    answer = requests.get(f"{address}/page", headers={"Accept-Encoding": "gzip"}, stream=True, timeout=30)
    assert gzip.decompress(answer.raw.read()) == INDEX.read_bytes()
