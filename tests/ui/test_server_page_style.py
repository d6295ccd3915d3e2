"""The style sheet in the page that a browser loads first."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from arkor_dash.live.server.page_style import PageStyle

PAGE = "<html><head><title>a</title></head><body></body></html>" + " " * 2000
STYLED = PAGE.replace("</head>", "<style>p {}</style></head>")
BROWSER = {"Accept": "text/html,*/*", "Accept-Encoding": "gzip"}


async def page(request: Request) -> Response:
    if "if-none-match" in request.headers:
        return Response(status_code=304)
    return HTMLResponse(PAGE, headers={"ETag": "1", "Last-Modified": "now", "X-Other": "kept"})


async def in_pieces(_request: Request) -> Response:
    return StreamingResponse(iter([PAGE[:20], PAGE[20:30], PAGE[30:]]), media_type="text/html")


async def data(_request: Request) -> Response:
    return JSONResponse({"text": "</head>"})


async def missing(_request: Request) -> Response:
    return HTMLResponse(PAGE, status_code=404)


@pytest.fixture
def client() -> TestClient:
    routes = [
        Route(f"/{each.__name__}", each, methods=["GET", "POST"]) for each in (page, in_pieces, data, missing)
    ]
    inner = [Middleware(PageStyle, style="p {}"), Middleware(GZipMiddleware)]
    return TestClient(Starlette(routes=routes, middleware=inner), headers=BROWSER)


@pytest.mark.parametrize("path", ["/page", "/in_pieces"])
def test_a_page_has_the_style_sheet_in_its_head(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.text == STYLED
    assert int(answer.headers["content-length"]) == len(STYLED)


def test_a_browser_does_not_keep_a_page_with_an_older_style_sheet(client: TestClient) -> None:
    answer = client.get("/page", headers={"If-None-Match": "1"})
    assert (answer.status_code, answer.text) == (200, STYLED)
    assert "etag" not in answer.headers
    assert "last-modified" not in answer.headers
    assert answer.headers["x-other"] == "kept"


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [
        ("GET", "/data", "text/html"),
        ("GET", "/missing", "text/html"),
        ("GET", "/page", "*/*"),
        ("POST", "/page", "text/html"),
    ],
)
def test_other_answers_stay_as_they_are(client: TestClient, method: str, path: str, accept: str) -> None:
    answer = client.request(method, path, headers={"Accept": accept})
    assert "<style>" not in answer.text
    assert "</head>" in answer.text
