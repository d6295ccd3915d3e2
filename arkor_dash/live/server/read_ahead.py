"""Begins to read a job when a browser asks for its page, not only once Streamlit has started in the browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from arkor_dash.live.base_path import below


class ReadAhead:
    """Middleware of the requests for a job's page.

    Args:
        read: begins to read the job with that id. It is called in a thread, and the answer does not wait for it.
        page: the page whose address has the job's id as `?id=`.
        base_path: the path that the app is served under.
    """

    def __init__(
        self, app: ASGIApp, *, read: Callable[[str], None], page: str = "job", base_path: str = ""
    ) -> None:
        self._app = app
        self._read = read
        self._path = below(base_path, page)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._path and _opens_page(scope):
            job_id = QueryParams(scope["query_string"]).get("id")
            if job_id:
                asyncio.get_running_loop().run_in_executor(None, self._read, job_id)
        await self._app(scope, receive, send)


def _opens_page(scope: Scope) -> bool:
    """Whether a browser opens the page. Other sites can also ask for it as a picture, again and again, unseen."""
    return scope["method"] == "GET" and Headers(scope=scope).get("sec-fetch-dest", "document") == "document"
