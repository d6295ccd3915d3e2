"""A script whose name carries its version is compressed once, and kept by browsers for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from arkor_dash.live.server import kept_files
from tests.servers.asgi import serving

SCRIPT = "// a script\n" * 1000


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "library-1.2.min.js").write_text(SCRIPT, encoding="utf-8")
    # Streamlit has such a middleware, too.
    app = Starlette(
        routes=kept_files.routes(tmp_path, "/team/dash/"), middleware=[Middleware(GZipMiddleware)]
    )
    with serving(app) as address:
        yield f"http://{address}/team/dash/app/static/library-1.2.min.js"


def get(address: str, encoding: str) -> requests.Response:
    return requests.get(address, headers={"Accept-Encoding": encoding}, timeout=30, stream=True)


def test_a_browser_gets_it_compressed_and_keeps_it(address: str) -> None:
    with get(address, "gzip, br") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert int(answer.headers["Content-Length"]) < len(SCRIPT) / 10
        assert answer.text == SCRIPT


def test_a_client_that_does_not_decompress_gets_it_as_it_is(address: str) -> None:
    with get(address, "identity") as answer:
        assert "Content-Encoding" not in answer.headers
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert answer.raw.read().decode() == SCRIPT
