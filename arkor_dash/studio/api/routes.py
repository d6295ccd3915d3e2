"""The endpoints for the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from arkor_dash.errors import ProjectError
from arkor_dash.protocol.exit_trailer import exit_trailer
from arkor_dash.protocol.jobs import job_json
from arkor_dash.protocol.metric_summaries import NAMES_ASKED, summaries_json
from arkor_dash.protocol.run_folder import ARTIFACTS, OUTPUT
from arkor_dash.studio.errors import RequestError
from arkor_dash.studio.runs.retention import removed_text
from arkor_dash.studio.studio import Studio

from .batches import parse_start
from .bodies import (
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
from .subjects import job_id_of, studio_of

JOB_HEADER = "X-Arkor-Job"
SIZE_HEADER = "X-Arkor-Output-Size"
_STREAM_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Content-Type-Options": "nosniff"}


async def credentials(request: Request) -> Response:
    studio = studio_of(request)
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
        found = await studio_of(request).manifest.read()
    except ProjectError as error:
        return answer({"error": str(error)}, 400)
    config = {"config": found.config} if found.config else {}
    return answer({"trainer": None if found.trainer is None else {"name": found.trainer, **config}})


async def start_run(request: Request) -> Response:
    studio = studio_of(request)
    config = await to_thread.run_sync(parse_start, await read_body(request, DESCRIPTION_LIMIT))
    run = await studio.launcher.start(studio.manifest.run_name, config)
    content = output_stream(run.log, 0, studio.context.output_grew, run.job_id, run.trailer)
    headers = {**_STREAM_HEADERS, JOB_HEADER: run.job_id}
    return StreamingResponse(content, headers=headers, media_type="text/plain")


async def latest_run(request: Request) -> Response:
    run = await studio_of(request).launcher.latest()
    if run is None:
        return answer({"run": None})
    return answer({"run": {"jobId": run.job_id, "running": run.running, "exitCode": run.exit_code}})


async def jobs(request: Request) -> Response:
    studio = studio_of(request)
    return await to_thread.run_sync(list_answer, studio.store, studio.run)


async def metric_names(request: Request) -> Response:
    return answer({"names": await to_thread.run_sync(studio_of(request).store.metric_names)})


async def metric_summaries(request: Request) -> Response:
    names = request.query_params.getlist("name")
    if len(names) > NAMES_ASKED:
        raise RequestError(400, f"At most {NAMES_ASKED} metrics can be asked for at once.")
    found = await to_thread.run_sync(studio_of(request).store.summaries, names)
    return answer({"metrics": summaries_json(found)})


async def job(request: Request) -> Response:
    studio, job_id = studio_of(request), job_id_of(request)
    found = await to_thread.run_sync(studio.store.job, job_id)
    artifacts = await to_thread.run_sync(studio.store.artifacts, job_id)
    run = studio.run(job_id)
    found = run.as_known(found) if run else found
    return answer({"job": job_json(found), "artifacts": [artifact_payload(each) for each in artifacts]})


async def artifact(request: Request) -> Response:
    """An artifact that the job's run has reported. Other files of the run's folder are not served."""
    studio, job_id, name = studio_of(request), job_id_of(request), request.path_params["name"]
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
    studio, job_id = studio_of(request), job_id_of(request)
    after = parse_event_id(request.headers.get("last-event-id"))
    events = JobEvents(studio.store, job_id, studio.run(job_id))
    first = await to_thread.run_sync(events.next, after)
    content = event_stream(events, first, studio.context.events_stored, studio.context.keep_alive_s)
    return StreamingResponse(content, headers=_STREAM_HEADERS, media_type="text/event-stream")


async def events_as_lines(request: Request) -> Response:
    """The events so far as JSON Lines. Unlike the event stream, the answer ends also for a job in progress."""
    studio, job_id = studio_of(request), job_id_of(request)
    events = JobEvents(studio.store, job_id, studio.run(job_id), line)
    first = await to_thread.run_sync(events.next, 0)
    content = events_so_far(events, first)
    return StreamingResponse(content, headers=_STREAM_HEADERS, media_type="application/x-ndjson")


async def output(request: Request) -> Response:
    studio, job_id = studio_of(request), job_id_of(request)
    offset = parse_offset(request.query_params.get("offset"))
    run, log = studio.run(job_id), studio.context.state.run(job_id) / OUTPUT
    trailer = (await _trailer_of_earlier_run(studio, job_id)) if run is None else run.trailer
    if trailer() is not None:
        await _require_files(studio, job_id)
    is_elsewhere = run is None and trailer() is None  # it runs in another Studio that shares the database
    if is_elsewhere or (studio.launcher.run(job_id) is None and not log.is_file()):
        return answer({"error": "There is no output of this job here."}, 404)
    # A client that wants what there is now can stop there, without waiting for the run's end.
    headers = {**_STREAM_HEADERS, SIZE_HEADER: str(await to_thread.run_sync(size_of, log))}
    content = output_stream(log, offset, studio.context.output_grew, job_id, trailer)
    return StreamingResponse(content, headers=headers, media_type="text/plain")


async def cancel_job(request: Request) -> Response:
    studio, job_id = studio_of(request), job_id_of(request)
    await read_body(request, SMALL_LIMIT)
    return answer({"job": job_json(await studio.cancel(job_id))}, 202)


async def label_job(request: Request) -> Response:
    studio, job_id = studio_of(request), job_id_of(request)
    change = await to_thread.run_sync(parse_change, await read_body(request, SMALL_LIMIT))
    changed = await to_thread.run_sync(studio.store.change_labels, job_id, change, datetime.now(UTC))
    run = studio.run(job_id)
    return answer({"job": job_json(run.as_known(changed) if run else changed)})


async def delete_job(request: Request) -> Response:
    studio, job_id = studio_of(request), job_id_of(request)
    await read_body(request, SMALL_LIMIT)
    await studio.delete(job_id)
    return answer({"deleted": job_id})


async def _trailer_of_earlier_run(studio: Studio, job_id: str) -> Callable[[], bytes | None]:
    """What follows the output of a run that ended before this Studio process has started. Raises: UnknownJobError."""
    status = await to_thread.run_sync(studio.store.run_status, job_id)
    trailer = None if status.running else exit_trailer(status.exit_code)
    return lambda: trailer


async def _require_files(studio: Studio, job_id: str) -> None:
    """Raises: RequestError: 410 if the files of the job's run were removed."""
    folder = studio.context.state.run(job_id)
    if not await to_thread.run_sync(folder.is_dir) and await to_thread.run_sync(studio.store.owns, job_id):
        raise RequestError(410, await to_thread.run_sync(removed_text, studio.context, job_id))
