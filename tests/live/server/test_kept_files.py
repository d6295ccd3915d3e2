"""A script whose name carries its version is compressed once, and kept by browsers for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from arkor_dash.live.server.kept_files import KeptFiles
from tests.servers.asgi import serving

SCRIPT = "// a script\n" * 1000


async def plain(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("from Streamlit")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "library-1.2.min.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "page.html").write_text("a page", encoding="utf-8")
    kept = Middleware(KeptFiles, folders={"app/static": tmp_path}, base_path="/team/dash/")
    # Streamlit has such a middleware, too.
    middleware = [kept, Middleware(GZipMiddleware)]
    with serving(Starlette(routes=[Route("/{rest:path}", plain)], middleware=middleware)) as address:
        yield f"http://{address}/team/dash/app/static"


def get(address: str, encoding: str) -> requests.Response:
    return requests.get(address, headers={"Accept-Encoding": encoding}, timeout=30, stream=True)


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_browser_gets_it_compressed_and_keeps_it(address: str, time: str) -> None:
    if time == "second":
        get(f"{address}/library-1.2.min.js", "gzip").close()
    with get(f"{address}/library-1.2.min.js", "gzip, br") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert int(answer.headers["Content-Length"]) < len(SCRIPT) / 10
        assert answer.text == SCRIPT


def test_a_client_that_does_not_decompress_gets_streamlit_s_answer(address: str) -> None:
    with get(f"{address}/library-1.2.min.js", "identity") as answer:
        assert answer.raw.read() == b"from Streamlit"


@pytest.mark.parametrize("path", ["page.html", "other.js", "../library-1.2.min.js", ""])
def test_streamlit_answers_for_every_other_file(address: str, path: str) -> None:
    with get(f"{address}/{path}", "gzip") as answer:
        assert answer.text == "from Streamlit"
