"""Request bodies, read up to a limit, and JSON responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from arkor_dash.protocol.fields import iso_ms
from arkor_dash.protocol.jobs import Job, job_json
from arkor_dash.studio.errors import RequestError
from arkor_dash.studio.runs.exit_reason import shorten
from arkor_dash.studio.storage.records import Artifact

SMALL_LIMIT = 64 * 1024
DESCRIPTION_LIMIT = 256 * 1024
LISTED_ERROR_LIMIT = 4_000
"""The most characters of a job's error in the list of jobs."""
OUTPUT_LIMIT = 4 * 1024 * 1024
BATCH_LIMIT = 32 * 1024 * 1024
DRAIN_LIMIT = 4 * BATCH_LIMIT
"""The most bytes that are read of a body that is too large. A client that is still sending would miss the answer."""


async def read_body(request: Request, limit: int) -> bytes:
    """The body of the request.

    Raises: RequestError: 413 for a body of more than `limit` bytes.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
        if size > DRAIN_LIMIT:
            break
    if size > limit:
        raise RequestError(413, f"The body has more than {limit} bytes.")
    return b"".join(chunks)


def answer(payload: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response. Unlike Starlette's JSONResponse, it can hold NaN, which a config may contain."""
    body = json.dumps(payload, separators=(",", ":"))
    return Response(body, status, headers, media_type="application/json")


def attachment(file_name: str) -> str:
    """A `Content-Disposition` header for any file name. Source: RFC 6266 and RFC 8187."""
    return f"attachment; filename*=UTF-8''{quote(file_name, safe='', errors='replace')}"


def listed_payload(job: Job) -> dict[str, object]:
    """The job as an entry of the list of jobs. Its error is shortened, since clients limit the list's size."""
    return {**job_json(job), "error": None if job.error is None else shorten(job.error, LISTED_ERROR_LIMIT)}


def artifact_payload(artifact: Artifact) -> dict[str, object]:
    step = artifact.step
    return {
        "kind": artifact.kind,
        "name": artifact.name,
        "step": int(step) if step is not None and step.is_integer() else step,
        "sizeBytes": artifact.size_bytes,
        "createdAt": iso_ms(artifact.created_at),
    }
