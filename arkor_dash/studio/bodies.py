"""Request bodies of bounded size."""

from __future__ import annotations

from starlette.requests import Request

from .errors import RequestError

SMALL = 64 * 1024
DESCRIPTION = 1024 * 1024
BATCH = 32 * 1024 * 1024
DRAINED = 4 * BATCH
"""Bytes of a refused body that are still taken in: who is not yet done sending hears no answer."""


async def read_body(request: Request, limit: int) -> bytes:
    """Raises: RequestError: 413 for a body of more than `limit` bytes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
        if size > DRAINED:
            break
    if size > limit:
        raise RequestError(413, f"The body has more than {limit} bytes.")
    return b"".join(chunks)
