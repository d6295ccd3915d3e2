"""A job's events as a stream of server-sent events: first what is stored, then what comes.

Source: WHATWG HTML, section 9.2, "Server-sent events".
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from anyio import to_thread

from ..events import EVENT_NAMES, StreamEnd
from .records import StoredEvent
from .store import Store
from .wakeups import Wakeups, rung

KEEP_ALIVE = b": keep-alive\n\n"
END = f"event: {EVENT_NAMES[StreamEnd]}\ndata: {{}}\n\n".encode()
_EVENT_ID = re.compile(r"[0-9]{1,18}")
_LINE_END = re.compile(r"\r\n|\r|\n")


def parse_event_id(text: str | None) -> int:
    """The `seq` that a `Last-Event-ID` names, 0 (from the start) for none or one of another form."""
    return int(text) if text is not None and _EVENT_ID.fullmatch(text) else 0


def frame(event: StoredEvent) -> str:
    data = event.data
    if "\n" in data or "\r" in data:
        data = _LINE_END.sub("\ndata: ", data)
    return f"id: {event.seq}\nevent: {event.name}\ndata: {data}\n\n"


async def event_stream(
    store: Store, landed: Wakeups, job_id: str, after: int, keep_alive_s: float
) -> AsyncIterator[bytes]:
    """Frames of the events after `after` until the job has ended, closed by `end`.

    `landed` is rung for a job when events of it were stored. A stream that the Studio's own end cuts
    short has no `end`.
    """
    signal = landed.signal(job_id)
    while not landed.closed:
        ticket = signal.ticket()
        frames, after, is_last = await to_thread.run_sync(_next_frames, store, job_id, after)
        if frames:
            yield frames
        if is_last:
            yield END
            return
        if not frames and not await rung(ticket, keep_alive_s):
            yield KEEP_ALIVE


def _next_frames(store: Store, job_id: str, after: int) -> tuple[bytes, int, bool]:
    page = store.events_after(job_id, after)
    reached = page.events[-1].seq if page.events else after
    return "".join(map(frame, page.events)).encode(), reached, page.is_last
