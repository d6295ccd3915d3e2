"""The endpoints: first those for the dashboard, then those for a trainer or a script that reports."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from arkor_dash.errors import ProjectError
from arkor_dash.protocol.jobs import job_json
from arkor_dash.protocol.metric_summaries import NAMES_ASKED, summaries_json
from arkor_dash.protocol.run_folder import ARTIFACTS, OUTPUT
from arkor_dash.studio.errors import JobEndedError, RequestError, UnknownJobError
from arkor_dash.studio.runs.retention import removed_text
from arkor_dash.studio.runs.run import Run
from arkor_dash.studio.runs.watchdog import HEARTBEAT_S
from arkor_dash.studio.storage.event_rows import is_terminal
from arkor_dash.studio.storage.records import RunStatus
from arkor_dash.studio.studio import Studio

from .batches import parse_batch, parse_description, parse_start
from .bodies import (
    BATCH_LIMIT,
    DESCRIPTION_LIMIT,
    SMALL_LIMIT,
    answer,
    artifact_payload,
    attachment,
    read_body,
)
from .downloads import open_download
from .job_list import list_answer
from .labels import parse_change
from .streams import (
    JobEvents,
    event_stream,
    events_so_far,
    line,
    output_stream,
    parse_event_id,
    parse_offset,
    size_of,
)

JOB_HEADER = "X-Arkor-Job"
SIZE_HEADER = "X-Arkor-Output-Size"
_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STREAM_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Content-Type-Options": "nosniff"}


async def credentials(request: Request) -> Response:
    studio = _studio(request)
    return answer(
        {
            "token": None,
            "mode": "local",
            "baseUrl": studio.context.url,
            "orgSlug": None,
            "projectSlug": studio.context.project.name,
        }
    )


async def manifest(request: Request) -> Response:
    try:
        trainer = (await _studio(request).manifest.read()).trainer
    except ProjectError as error:
        return answer({"error": str(error)}, 400)
    return answer({"trainer": None if trainer is None else {"name": trainer}})


async def start_run(request: Request) -> Response:
    studio = _studio(request)
    config = await to_thread.run_sync(parse_start, await read_body(request, DESCRIPTION_LIMIT))
    run = await studio.launcher.start(studio.manifest.run_name, config)
    content = output_stream(run.log, 0, studio.context.output_grew, run.job_id, lambda: run.exit_code)
    headers = {**_STREAM_HEADERS, JOB_HEADER: run.job_id}
    return StreamingResponse(content, headers=headers, media_type="text/plain")


async def latest_run(request: Request) -> Response:
    run = await _studio(request).launcher.latest()
    if run is None:
        return answer({"run": None})
    return answer({"run": {"jobId": run.job_id, "running": run.running, "exitCode": run.exit_code}})


async def jobs(request: Request) -> Response:
    studio = _studio(request)
    return await to_thread.run_sync(list_answer, studio.store, studio.run)


async def metric_names(request: Request) -> Response:
    return answer({"names": await to_thread.run_sync(_studio(request).store.metric_names)})


async def metric_summaries(request: Request) -> Response:
    names = request.query_params.getlist("name")
    if len(names) > NAMES_ASKED:
        raise RequestError(400, f"At most {NAMES_ASKED} metrics can be asked for at once.")
    found = await to_thread.run_sync(_studio(request).store.summaries, names)
    return answer({"metrics": summaries_json(found)})


async def job(request: Request) -> Response:
    studio, job_id = _studio(request), _job_id(request)
    found = await to_thread.run_sync(studio.store.job, job_id)
    artifacts = await to_thread.run_sync(studio.store.artifacts, job_id)
    run = studio.run(job_id)
    found = run.as_known(found) if run else found
    return answer({"job": job_json(found), "artifacts": [artifact_payload(each) for each in artifacts]})


async def artifact(request: Request) -> Response:
    """An artifact that the job's run has reported. Other files of the run's folder are not served."""
    studio, job_id, name = _studio(request), _job_id(request), request.path_params["name"]
    folder = studio.context.state.run(job_id) / ARTIFACTS
    found = None
    if await to_thread.run_sync(studio.store.has_artifact, job_id, name):
        await _require_files(studio, job_id)
        with suppress(FileNotFoundError):
            found = await to_thread.run_sync(open_download, folder, name)
    if found is None:
        raise RequestError(404, "There is no such artifact here.")
    headers = {**_STREAM_HEADERS, "Content-Disposition": attachment(found.file_name)}
    if found.size_bytes is not None:
        headers["Content-Length"] = str(found.size_bytes)
    return StreamingResponse(found.pieces, headers=headers, media_type="application/octet-stream")


async def events(request: Request) -> Response:
    studio, job_id = _studio(request), _job_id(request)
    after = parse_event_id(request.headers.get("last-event-id"))
    events = JobEvents(studio.store, job_id, studio.run(job_id))
    first = await to_thread.run_sync(events.next, after)
    content = event_stream(events, first, studio.context.events_stored, studio.context.keep_alive_s)
    return StreamingResponse(content, headers=_STREAM_HEADERS, media_type="text/event-stream")


async def events_as_lines(request: Request) -> Response:
    """The events so far as JSON Lines. Unlike the event stream, the answer ends also for a job in progress."""
    studio, job_id = _studio(request), _job_id(request)
    events = JobEvents(studio.store, job_id, studio.run(job_id), line)
    first = await to_thread.run_sync(events.next, 0)
    content = events_so_far(events, first)
    return StreamingResponse(content, headers=_STREAM_HEADERS, media_type="application/x-ndjson")


async def output(request: Request) -> Response:
    studio, job_id = _studio(request), _job_id(request)
    offset = parse_offset(request.query_params.get("offset"))
    run = studio.launcher.run(job_id)
    source: Run | RunStatus = (
        await to_thread.run_sync(studio.store.run_status, job_id) if run is None else run
    )
    log = studio.context.state.run(job_id) / OUTPUT
    if source.exit_code is not None:
        await _require_files(studio, job_id)
    if run is None and (source.exit_code is None or not log.is_file()):
        # The job belongs to another Studio that shares the database, or to a script, or its log was removed.
        return answer({"error": "There is no output of this job here."}, 404)
    # A client that wants what there is now can stop there, without waiting for the run's end.
    headers = {**_STREAM_HEADERS, SIZE_HEADER: str(await to_thread.run_sync(size_of, log))}
    content = output_stream(log, offset, studio.context.output_grew, job_id, lambda: source.exit_code)
    return StreamingResponse(content, headers=headers, media_type="text/plain")


async def cancel_job(request: Request) -> Response:
    studio, job_id = _studio(request), _job_id(request)
    await read_body(request, SMALL_LIMIT)
    return answer({"job": job_json(await studio.cancel(job_id))}, 202)


async def label_job(request: Request) -> Response:
    studio, job_id = _studio(request), _job_id(request)
    change = await to_thread.run_sync(parse_change, await read_body(request, SMALL_LIMIT))
    changed = await to_thread.run_sync(studio.store.change_labels, job_id, change, datetime.now(UTC))
    run = studio.run(job_id)
    return answer({"job": job_json(run.as_known(changed) if run else changed)})


async def delete_job(request: Request) -> Response:
    studio, job_id = _studio(request), _job_id(request)
    await read_body(request, SMALL_LIMIT)
    await studio.delete(job_id)
    return answer({"deleted": job_id})


async def describe_job(request: Request) -> Response:
    studio, job_id, run = _studio(request), _job_id(request), _run(request)
    with run.delivery():
        body = await read_body(request, DESCRIPTION_LIMIT)
        name, config = await to_thread.run_sync(parse_description, body)
        job = await to_thread.run_sync(studio.store.describe_job, job_id, name, config)
    return answer({"job": job_json(job)})


async def receive_events(request: Request) -> Response:
    studio, job_id, run = _studio(request), _job_id(request), _run(request)
    with run.delivery():
        events = await to_thread.run_sync(parse_batch, await read_body(request, BATCH_LIMIT))
        if run.has_unstored:
            # Otherwise the job could end in another way than it is shown.
            await to_thread.run_sync(run.store_changes, studio.store)
        acknowledged = await to_thread.run_sync(studio.store.append, job_id, events)
    studio.context.events_stored.notify(job_id)
    if any(is_terminal(event.name) for event in events):
        run.has_reported_end = True
        studio.context.run_ended.notify()
    return answer({"acknowledged": acknowledged})


async def open_job(request: Request) -> Response:
    studio = _studio(request)
    name, config = await to_thread.run_sync(parse_description, await read_body(request, DESCRIPTION_LIMIT))
    run = await studio.external.open(name, config)
    job = await to_thread.run_sync(studio.store.job, run.job_id)
    opened = {"token": run.token, "runDir": str(run.folder), "heartbeatS": HEARTBEAT_S}
    return answer({"job": job_json(job), **opened})


async def heartbeat(request: Request) -> Response:
    """Says in the answer whether the job was asked to end."""
    run = _run(request)
    with run.delivery():
        await read_body(request, SMALL_LIMIT)
    if run.has_ended:
        raise JobEndedError
    return answer({"cancelling": run.cancelled.is_set()})


def _studio(request: Request) -> Studio:
    studio: Studio = request.app.state.studio
    return studio


def _job_id(request: Request) -> str:
    """Raises: UnknownJobError: no job can have such an id."""
    job_id: str = request.path_params["job_id"]
    if not _JOB_ID.fullmatch(job_id):
        raise UnknownJobError
    return job_id


async def _require_files(studio: Studio, job_id: str) -> None:
    """Raises: RequestError: 410 if the files of the job's run were removed."""
    folder = studio.context.state.run(job_id)
    if not await to_thread.run_sync(folder.is_dir) and await to_thread.run_sync(studio.store.owns, job_id):
        raise RequestError(410, removed_text(studio.context.keep_runs))


def _run(request: Request) -> Run:
    run = _studio(request).run(_job_id(request))
    if run is None:
        raise UnknownJobError
    return run
