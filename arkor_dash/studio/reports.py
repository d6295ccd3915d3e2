"""What a trainer tells the Studio: the name of its job, and its events."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from .answers import answer, job_payload
from .batches import parse_batch, parse_description
from .bodies import BATCH, DESCRIPTION, read_body
from .errors import UnknownJobError
from .routes import job_id_of, studio_of
from .run import Run


async def describe_job(request: Request) -> Response:
    studio, job_id = studio_of(request), job_id_of(request)
    with _run_of(request).delivery():
        body = await read_body(request, DESCRIPTION)
        name, config = await to_thread.run_sync(parse_description, body)
        job = await to_thread.run_sync(studio.store.describe_job, job_id, name, config)
    return answer({"job": job_payload(job)})


async def receive_events(request: Request) -> Response:
    studio, job_id = studio_of(request), job_id_of(request)
    with _run_of(request).delivery():
        events = await to_thread.run_sync(parse_batch, await read_body(request, BATCH))
        acknowledged = await to_thread.run_sync(studio.store.append, job_id, events)
    studio.setup.landed.ring(job_id)
    return answer({"acknowledged": acknowledged})


def _run_of(request: Request) -> Run:
    run = studio_of(request).launcher.run(job_id_of(request))
    if run is None:
        raise UnknownJobError
    return run
