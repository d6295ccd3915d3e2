"""The lifespan of the server: the dashboard is opened when the server starts, and closed when it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio.to_thread

from arkor_dash.errors import ArkorDashError

log = logging.getLogger(__name__)

OPENING_LIMIT_S = 5.0
"""How long the end of the server waits for an `open_dashboard` that has not returned yet."""


def opened_in_background(
    open_dashboard: Callable[[], object], close: Callable[[], object]
) -> Callable[[object], AbstractAsyncContextManager[None]]:
    """An ASGI lifespan that runs `open_dashboard` at the start of the server, and `close` at its end.

    `open_dashboard` runs in a thread, so that the server answers at once. An error is logged. The server
    goes on, and its pages show the error. `close` is called after `open_dashboard` has returned, or
    `OPENING_LIMIT_S` after the server has begun to shut down.
    """

    def open_or_log() -> None:
        try:
            open_dashboard()
        except ArkorDashError as error:
            log.warning("%s", error)
        except Exception:
            log.exception("The dashboard could not be opened at the start of the server")

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        opening = threading.Thread(target=open_or_log, name="dashboard-start", daemon=True)
        opening.start()
        yield
        await anyio.to_thread.run_sync(opening.join, OPENING_LIMIT_S)
        await anyio.to_thread.run_sync(close)

    return lifespan
