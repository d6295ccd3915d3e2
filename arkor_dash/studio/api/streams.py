"""Streams of a job's events and of its run's output: first what is stored, then what is new.

Source of the events' form: WHATWG HTML, section 9.2, "Server-sent events".
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from arkor_dash.protocol.events import EVENT_NAMES, StreamEnd
from arkor_dash.protocol.files import open_regular
from arkor_dash.studio.errors import RequestError, UnknownJobError
from arkor_dash.studio.runs.run import Run
from arkor_dash.studio.storage.records import StoredEvent
from arkor_dash.studio.storage.store import Store
from arkor_dash.studio.wakeups import Wakeups, wait_for

KEEP_ALIVE = b": keep-alive\n\n"
END = f"event: {EVENT_NAMES[StreamEnd]}\ndata: {{}}\n\n".encode()
CHUNK_BYTES = 256 * 1024
# At most 18 digits: the database and the file system can hold such a number.
_NUMBER = re.compile(r"[0-9]{1,18}")
_LINE_END = re.compile(r"\r\n|\r|\n")


def parse_event_id(text: str | None) -> int:
    """The `seq` in a `Last-Event-ID` header; 0, the start, if there is none or it is not a number."""
    return int(text) if text is not None and _NUMBER.fullmatch(text) else 0


def parse_offset(text: str | None) -> int:
    """The offset in bytes; 0 if there is none.

    Raises: RequestError: it is not a whole number.
    """
    if text is None:
        return 0
    if not _NUMBER.fullmatch(text):
        raise RequestError(400, "offset should be a whole number of bytes, 0 or more")
    return int(text)


def frame(event: StoredEvent) -> str:
    data = event.data
    if "\n" in data or "\r" in data:
        data = _LINE_END.sub("\ndata: ", data)
    return f"id: {event.seq}\nevent: {event.name}\ndata: {data}\n\n"


def line(event: StoredEvent) -> str:
    """The event as a line of JSON, in the form in which the dashboard exports events."""
    data = _LINE_END.sub(" ", event.data)
    return f'{{"id": "{event.seq}", "event": {json.dumps(event.name)}, "data": {data}}}\n'


@dataclass(frozen=True, slots=True)
class Frames:
    """The next frames of a stream, the `seq` after which it goes on, and whether the job has ended with them."""

    content: bytes
    reached: int
    is_last: bool


class JobEvents:
    """The events of a job, with the end of its run if that is not stored yet. `form`: an event as text."""

    def __init__(
        self, store: Store, job_id: str, run: Run | None, form: Callable[[StoredEvent], str] = frame
    ) -> None:
        self._store = store
        self._run = run
        self._form = form
        self.job_id = job_id

    def next(self, after: int) -> Frames:
        """The frames of the next events after the `seq` `after`. Blocks.

        Raises: UnknownJobError. SQLAlchemyError: the database can't be read.
        """
        # Asked first: once it is stored, it is among the events.
        end = self._run.unstored_end() if self._run else None
        page = self._store.events_after(self.job_id, after)
        if end is None or page.events or page.is_last:
            return Frames("".join(map(self._form, page.events)).encode(), page.reached, page.is_last)
        seq = page.reached + 1
        return Frames(self._form(StoredEvent(seq, end.name, end.data)).encode(), seq, is_last=True)


async def event_stream(
    events: JobEvents, first: Frames, events_stored: Wakeups, keep_alive_s: float
) -> AsyncIterator[bytes]:
    """The frames `first`, then those that follow. The last frame is `end`, once the job has ended.

    Sends a comment after each `keep_alive_s` without an event. When the Studio stops, or the job is deleted, the
    stream ends without `end`. Whoever asks again learns which of the two it was.
    Args: events_stored: notified with the job's id when events of it were stored.
    """
    signal = events_stored.signal(events.job_id)
    frames = first
    while True:
        if frames.content:
            yield frames.content
        if frames.is_last:
            yield END
            return
        # Read once more after the Studio has stopped: the end of its run is stored last.
        was_closed, notification = events_stored.closed, signal.next()
        try:
            frames = await to_thread.run_sync(events.next, frames.reached)
        except UnknownJobError:
            return
        if frames.content or frames.is_last:
            continue
        if was_closed:
            return
        if not await wait_for(notification, keep_alive_s):
            yield KEEP_ALIVE


async def events_so_far(events: JobEvents, first: Frames) -> AsyncIterator[bytes]:
    """The events `first`, then those that follow and are there already. Raises: UnknownJobError: it was deleted."""
    frames = first
    while frames.content:
        yield frames.content
        if frames.is_last:
            return
        frames = await to_thread.run_sync(events.next, frames.reached)


async def output_stream(
    log: Path, offset: int, output_grew: Wakeups, job_id: str, trailer: Callable[[], bytes | None]
) -> AsyncIterator[bytes]:
    """The log's bytes from `offset` on, as they are written, then the trailer of the ended run.

    A log that was removed counts as empty. When the Studio stops, the stream ends without a trailer.
    Args: output_grew: notified with the job's id when its log has grown, and when its run has ended.
        trailer: returns None until nothing more can be written.
    """
    signal = output_grew.signal(job_id)
    while not output_grew.closed:
        notification = signal.next()
        # Read before the log, so that everything written before the run's end comes before the trailer.
        end = trailer()
        chunk = await to_thread.run_sync(_chunk, log, offset)
        if chunk:
            offset += len(chunk)
            yield chunk
        elif end is not None:
            yield end
            return
        else:
            await wait_for(notification)


def size_of(log: Path) -> int:
    """The size of the log in bytes; 0 if it was removed."""
    try:
        return log.stat().st_size
    except OSError:
        return 0


def _chunk(log: Path, offset: int) -> bytes:
    try:
        # Opened for each chunk, so that nothing is left open when the client disconnects.
        with open_regular(log) as file:
            # Seeking beyond the largest possible file size is an error.
            if offset >= os.fstat(file.fileno()).st_size:
                return b""
            file.seek(offset)
            return file.read(CHUNK_BYTES)
    except (FileNotFoundError, PermissionError):
        return b""
