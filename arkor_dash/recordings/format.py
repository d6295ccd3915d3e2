"""Reading and writing recordings: one job in one file of JSON lines, compressed with gzip.

The first line describes the job, each further line is an event. `docs/recordings.md` specifies the format.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

from arkor_dash.errors import MalformedError, RecordingError
from arkor_dash.protocol.fields import iso_ms, map_texts, parse_time, replace_surrogates
from arkor_dash.protocol.jobs import Job, job_json, parse_job

from .lines import CONTENT_LIMIT, FILE_LIMIT, LINE_LIMIT, lines

FORMAT = "arkor-dash recording"
VERSION = 1
SUFFIXES = (".jsonl.gz", ".jsonl")


@dataclass(frozen=True, slots=True)
class Header:
    """The first line. `live`: the job had not ended when it was saved. `source`: the kind of its source."""

    job: Job
    saved_at: datetime
    live: bool
    source: str


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One event as its source sent it. `data` is the unchanged text; `id` is None if the event had none."""

    name: str
    data: str
    id: str | None = None


class Recording:
    """A recording that is being read. `header` is read at once; the events can be iterated over once.

    The file is closed after the last event, after an error, and by `close`.
    Args: name: the file's name in error messages.
    Raises, here and while iterating: RecordingError.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        self._lines = lines(file, name)
        try:
            number, first = next(self._lines)
            self.header = _header(_object(name, number, first), name, number)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[RecordedEvent]:
        for number, line in self._lines:
            yield _event(_object(self._name, number, line), self._name, number)

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


def write(file: BinaryIO, name: str, header: Header, events: Iterable[RecordedEvent]) -> int:
    """Write a recording, event by event. Returns: the number of events.

    Raises: RecordingError: the recording exceeds a limit of `lines.py`, so it could not be opened again.
    """
    size = count = 0

    def too_large() -> RecordingError:
        return RecordingError(name, "the job is too large to be recorded", line=count)

    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
        for payload in _payloads(header, events):
            line = _line(payload, name, count + 1)
            size += len(line)
            count += 1
            if len(line) > LINE_LIMIT or size > CONTENT_LIMIT or file.tell() > FILE_LIMIT:
                raise too_large()
            packed.write(line)
    if file.tell() > FILE_LIMIT:
        raise too_large()
    return count - 1


def _payloads(header: Header, events: Iterable[RecordedEvent]) -> Iterator[Mapping[str, object]]:
    yield {
        "format": FORMAT,
        "version": VERSION,
        "savedAt": iso_ms(header.saved_at),
        "live": header.live,
        "source": header.source,
        "job": job_json(replace(header.job, silent_since=None)),
    }
    for event in events:
        event_id = {} if event.id is None else {"id": event.id}
        yield {**event_id, "name": event.name, "data": event.data}


def _line(payload: Mapping[str, object], name: str, number: int) -> bytes:
    try:
        return json.dumps(payload, separators=(",", ":")).encode() + b"\n"
    except (TypeError, ValueError, RecursionError):
        raise RecordingError(name, "the job has a value that can't be written as JSON", line=number) from None


def _header(payload: Mapping[str, object], name: str, line: int) -> Header:
    def invalid(problem: str) -> RecordingError:
        return RecordingError(name, problem, line=line)

    if payload.get("format") != FORMAT:
        raise invalid(f"the file is not a recording: its first line has no format {FORMAT!r}")
    version = payload.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise invalid("the version of the recording should be a number")
    if version != VERSION:
        raise invalid(
            f"the recording has version {str(version)[:20]}, but only version {VERSION} is supported"
        )
    try:
        job = parse_job(map_texts(payload.get("job"), replace_surrogates))
    except MalformedError as error:
        raise invalid(f"the recording has no job: {error}") from None
    saved_at, live, source = payload.get("savedAt"), payload.get("live"), payload.get("source")
    saved = parse_time(saved_at) if isinstance(saved_at, str) else None
    if saved is None:
        raise invalid("'savedAt' should be a time as in 2026-11-23T11:37:28.453Z")
    return Header(
        job=job,
        saved_at=saved,
        live=live is True,
        source=source if isinstance(source, str) else "",
    )


def _event(payload: Mapping[str, object], name: str, line: int) -> RecordedEvent:
    for field in ("name", "data"):
        if not isinstance(payload.get(field), str):
            raise RecordingError(name, f"the {field!r} of an event should be a text", line=line)
    event_id = payload.get("id")
    if event_id is not None and not isinstance(event_id, str):
        raise RecordingError(name, "the 'id' of an event should be a text", line=line)
    return RecordedEvent(str(payload["name"]), str(payload["data"]), event_id)


def _object(name: str, number: int, line: bytes) -> dict[str, object]:
    try:
        payload = json.loads(line.decode())
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise RecordingError(name, "each line of a recording should be a JSON object", line=number)
    return payload
