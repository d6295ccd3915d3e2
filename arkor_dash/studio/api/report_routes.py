"""The endpoints for a trainer or a script that reports."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from arkor_dash.protocol.jobs import job_json
from arkor_dash.studio.errors import JobEndedError, RequestError
from arkor_dash.studio.runs.external import ExternalRun
from arkor_dash.studio.runs.retention import removed_text
from arkor_dash.studio.runs.watchdog import HEARTBEAT_S
from arkor_dash.studio.storage.event_rows import is_terminal
from arkor_dash.studio.storage.stretches import STRETCH_EVENTS

from .batches import parse_batch, parse_description, parse_opening
from .bodies import BATCH_LIMIT, DESCRIPTION_LIMIT, OUTPUT_LIMIT, SMALL_LIMIT, answer, read_body
from .streams import parse_offset
from .subjects import job_id_of, run_of, studio_of


async def describe_job(request: Request) -> Response:
    studio, job_id, run = studio_of(request), job_id_of(request), run_of(request)
    with run.delivery():
        body = await read_body(request, DESCRIPTION_LIMIT)
        name, config = await to_thread.run_sync(parse_description, body)
        job = await to_thread.run_sync(studio.store.describe_job, job_id, name, config)
    return answer({"job": job_json(job)})


async def receive_events(request: Request) -> Response:
    studio, job_id, run = studio_of(request), job_id_of(request), run_of(request)
    with run.delivery():
        events = await to_thread.run_sync(parse_batch, await read_body(request, BATCH_LIMIT))
        if run.has_unstored:
            # Otherwise the job could end in another way than it is shown.
            await to_thread.run_sync(run.store_changes, studio.store)
        acknowledged = await to_thread.run_sync(studio.store.append, job_id, events)
    run.note_events(event.name for event in events)
    studio.context.events_stored.notify(job_id)
    is_ended = any(is_terminal(event.name) for event in events)
    if is_ended:
        run.has_reported_end = True
        studio.context.output_grew.notify(job_id)
        studio.context.run_ended.notify()
    if is_ended or acknowledged % STRETCH_EVENTS < len(events):
        studio.context.stretch_filled.notify()
    return answer({"acknowledged": acknowledged})


async def open_job(request: Request) -> Response:
    studio = studio_of(request)
    body = await read_body(request, DESCRIPTION_LIMIT)
    name, config, sends_output = await to_thread.run_sync(parse_opening, body)
    run = await studio.external.open(name, config, sends_output=sends_output)
    job = await to_thread.run_sync(studio.store.job, run.job_id)
    opened = {
        "token": run.token,
        "runDir": str(run.folder),
        "heartbeatS": HEARTBEAT_S,
        "output": sends_output,
    }
    return answer({"job": job_json(job), **opened})


async def receive_output(request: Request) -> Response:
    """Stores a piece of what a script prints. Parameters: `offset` of its first byte, `last=true` after the last one.

    Says in the answer how many bytes of the output are stored. Also takes what is sent after the job's end.
    """
    studio, run = studio_of(request), run_of(request)
    if not isinstance(run, ExternalRun):
        raise RequestError(403, "The Studio itself stores the output of this run.")
    offset = parse_offset(request.query_params.get("offset"))
    with run.delivery():
        piece = await read_body(request, OUTPUT_LIMIT)
        try:
            stored = await to_thread.run_sync(run.add_output, offset, piece)
        except FileNotFoundError:
            text = await to_thread.run_sync(removed_text, studio.context, run.job_id)
            raise RequestError(410, text) from None
    if request.query_params.get("last") == "true":
        run.output_is_complete = True
    studio.context.output_grew.notify(run.job_id)
    return answer({"stored": stored})


async def heartbeat(request: Request) -> Response:
    """Says in the answer whether the job was asked to end."""
    run = run_of(request)
    with run.delivery():
        await read_body(request, SMALL_LIMIT)
    if run.has_ended:
        raise JobEndedError
    return answer({"cancelling": run.cancelled.is_set()})
