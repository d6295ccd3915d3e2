"""The endpoint for a job's events in columns."""

from __future__ import annotations

from collections.abc import AsyncIterator

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from arkor_dash.columns.stretch_stream import LAST_ID_HEADER, MEDIA_TYPE, framed
from arkor_dash.studio.context import StudioContext
from arkor_dash.studio.errors import UnknownJobError
from arkor_dash.studio.storage.records import StretchPage

from .streams import parse_event_id
from .subjects import job_id_of, studio_of


async def stretches(request: Request) -> Response:
    """The events after the one with the id `after`, as far as they are stored in columns. The answer then ends."""
    stretches = JobStretches(studio_of(request).context, job_id_of(request))
    after = parse_event_id(request.query_params.get("after"))
    first = await to_thread.run_sync(stretches.next, after)
    headers = {
        "Cache-Control": "no-cache, no-transform",
        "X-Content-Type-Options": "nosniff",
        LAST_ID_HEADER: str(first.last_seq),
    }
    return StreamingResponse(_body(stretches, first), headers=headers, media_type=MEDIA_TYPE)


class JobStretches:
    """The stretches of a job. Those that could be stored, but are not yet, are stored first."""

    def __init__(self, context: StudioContext, job_id: str) -> None:
        self._context = context
        self._job_id = job_id

    def next(self, after: int) -> StretchPage:
        """The next stretches after the `seq` `after`; without any at the end. Blocks.

        Raises: UnknownJobError. SQLAlchemyError: the database can't be read.
        """
        archive = self._context.store.archive
        page = archive.stretches_after(self._job_id, after)
        try:
            if not page.stretches and archive.compact(self._job_id):
                page = archive.stretches_after(self._job_id, after)
        except (SQLAlchemyError, OSError) as error:
            # The disk may be full. The event stream has these events.
            self._context.log_failure("Events could not be stored in columns", error)
        return page


async def _body(stretches: JobStretches, first: StretchPage) -> AsyncIterator[bytes]:
    page = first
    while page.stretches:
        yield b"".join(map(framed, page.stretches))
        try:
            page = await to_thread.run_sync(stretches.next, page.reached)
        except UnknownJobError:  # it was deleted
            return
