"""Ends the answers that are still being sent when the server ends, such as large downloads.

uvicorn would wait until each of them is complete, which may take hours, or forever if a source hangs.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence

import uvicorn

from .before_start import before_start

GRACE_S = 1
"""Seconds that an answer still has."""


def end_open_answers_soon() -> None:
    """Have the server cancel what is still being sent `GRACE_S` after its end has begun."""
    before_start(_set_grace)


def _set_grace(server: uvicorn.Server, _sockets: Sequence[socket.socket]) -> None:
    if server.config.timeout_graceful_shutdown is None:
        server.config.timeout_graceful_shutdown = GRACE_S
