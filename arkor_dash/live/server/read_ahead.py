"""Begins to read a job when a browser asks for its page, not only once Streamlit has started in the browser."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from arkor_dash.live.base_path import below

from .guard import is_page


@dataclass
class JobReading:
    """`begin`: begins to read the job with that id. None while no dashboard is open."""

    begin: Callable[[str], None] | None = None


of_shared_dashboard = JobReading()


class ReadAhead:
    """Middleware of the requests for a job's page. The answer waits for nothing.

    Args: base_path: the path that the app is served under.
    """

    def __init__(
        self, app: ASGIApp, *, reading: JobReading = of_shared_dashboard, base_path: str = ""
    ) -> None:
        self._app = app
        self._reading = reading
        self._path = below(base_path, "job")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Another site can also ask for the page, by a link or a frame. Pictures and scripts do not count as pages.
        if (
            scope["type"] == "http"
            and scope["path"] == self._path
            and scope["method"] == "GET"
            and is_page(scope["path"], Headers(scope=scope))
        ):
            with contextlib.suppress(RuntimeError):  # there can be no further thread
                asyncio.get_running_loop().run_in_executor(None, self._read, scope["query_string"])
        await self._app(scope, receive, send)

    def _read(self, query: bytes) -> None:
        job_id, begin = QueryParams(query).get("id"), self._reading.begin
        if job_id and begin is not None:
            begin(job_id)
