"""Jobs from recordings: those of a folder, or a single file."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from arkor_dash.errors import JobNotFoundError, RecordingError
from arkor_dash.protocol.fields import replace_surrogates
from arkor_dash.protocol.jobs import TERMINAL, UNFINISHED, Job, JobList
from arkor_dash.recordings.format import Header, RecordedEvent, Recording
from arkor_dash.recordings.storage import Shelf, Stamp

from .base import Frame

log = logging.getLogger(__name__)

NO_PROJECT = (
    "Recordings are runs that were saved, and have no project to run. To start runs here, set ARKOR_DASH_SOURCE to "
    "embedded."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A recording of the list. `name` is its file's."""

    name: str
    job: Job
    header: Header


class RecordingSource:
    """The recordings that a shelf holds, as jobs that have ended.

    A job is listed under its own id; where several files hold one of the same id, the one saved last has it, and the
    others have their file's name behind it. A job that was saved while it was on is listed as `unfinished`, ended
    when it was saved: no more will come of it.
    """

    kind = "recording"
    deprecation_notice = None
    streams_cancellation = False
    runner = None
    no_runner_reason = NO_PROJECT
    control = None
    artifacts = None

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._lock = threading.Lock()
        self._headers: dict[tuple[str, Stamp], Header | None] = {}
        self._entries: dict[str, Entry] = {}
        self._listing = JobList()
        self._damage: dict[str, str] = {}

    @property
    def label(self) -> str:
        return self._shelf.label

    def credentials(self) -> object:
        return None

    def jobs(self) -> JobList:
        """The newest first. A file that can't be read is counted. Raises: SourceUnavailableError."""
        stamps = self._shelf.stamps()
        with self._lock:
            headers = {
                stamp: self._headers[stamp] if stamp in self._headers else self._header(stamp[0])
                for stamp in stamps.items()
            }
            if headers.keys() != self._headers.keys():
                self._entries = _entries(headers)
                listing = tuple(entry.job for entry in self._entries.values())
                self._listing = JobList(listing, sum(header is None for header in headers.values()))
            self._headers = headers
            return self._listing

    def job(self, job_id: str) -> Job:
        return self.entry(job_id).job

    def entry(self, job_id: str) -> Entry:
        """The recording that is listed under the id. Raises: JobNotFoundError. SourceUnavailableError."""
        self.jobs()
        with self._lock:
            entry = self._entries.get(job_id)
        if entry is None:
            raise JobNotFoundError(replace_surrogates(job_id))
        return entry

    def names(self) -> list[str]:
        """The files, the ones that can't be read among them. Raises: SourceUnavailableError."""
        return sorted(self._shelf.stamps())

    def job_in(self, name: str) -> str:
        """The id under which the job of a file is listed.

        Raises: RecordingError: there is no such file, or it can't be read; why, and in which line.
        """
        Recording(self._shelf.open(name), name).close()
        self.jobs()
        with self._lock:
            for job_id, entry in self._entries.items():
                if entry.name == name:
                    return job_id
        raise RecordingError(name, "the file has just changed; try again")

    def damage(self, job_id: str) -> str | None:
        """What was found to be wrong with the job's file when its events were read; None if nothing was."""
        with self._lock:
            return self._damage.get(job_id)

    def events(self, job_id: str, last_event_id: str | None = None) -> RecordedStream:
        return RecordedStream(self, self._shelf, self.entry(job_id), job_id, last_event_id)

    def read(self, job_id: str, problem: RecordingError | None) -> None:
        """Take note of how reading a job's events went."""
        with self._lock:
            self._damage.pop(job_id, None)
            if problem is not None:
                self._damage[job_id] = str(problem)

    def _header(self, name: str) -> Header | None:
        try:
            recording = Recording(self._shelf.open(name), name)
        except RecordingError as error:
            log.warning("%s", error)
            return None
        recording.close()
        return recording.header


class RecordedStream:
    """An EventStream: a recording's events, each with the id that it was saved with, and then `end`."""

    retry_ms: int | None = None

    def __init__(
        self, source: RecordingSource, shelf: Shelf, entry: Entry, job_id: str, last_event_id: str | None
    ) -> None:
        self.last_event_id = last_event_id
        self._source = source
        self._shelf = shelf
        self._name = entry.name
        self._job_id = job_id
        self._given_up = False
        self._open: Recording | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._open is not None:
            self._open.close()

    def close(self) -> None:
        self._given_up = True

    def __iter__(self) -> Iterator[Frame]:
        try:
            for frame in self._frames():
                if self._given_up:
                    return
                self.last_event_id = frame.id or self.last_event_id
                yield frame
        except RecordingError as error:
            self._source.read(self._job_id, error)
            raise
        self._source.read(self._job_id, None)
        yield Frame(None, "end", "{}")

    def _frames(self) -> Iterator[Frame]:
        """From the event after the one to resume from, if there is one of that id; else all."""
        last = self.last_event_id
        skips = last is not None and any(event.id == last for event in self._events())
        for event in self._events():
            if not skips:
                yield Frame(event.id, event.name, event.data)
            elif event.id == last:
                skips = False

    def _events(self) -> Iterator[RecordedEvent]:
        if self._open is not None:
            self._open.close()
        self._open = Recording(self._shelf.open(self._name), self._name)
        return iter(self._open)


def _entries(headers: Mapping[tuple[str, Stamp], Header | None]) -> dict[str, Entry]:
    """The recordings by the id under which they are listed, in the list's order."""
    read = [(name, header) for (name, _), header in headers.items() if header is not None]
    read.sort(key=lambda item: item[1].saved_at, reverse=True)
    entries: dict[str, Entry] = {}
    for name, header in read:
        job = header.job
        job_id = f"{job.id} · {name}" if job.id in entries else job.id
        entries[job_id] = Entry(name, _ended(replace(job, id=job_id), header), header)
    newest_first = sorted(entries.items(), key=lambda item: _created(item[1].job), reverse=True)
    return dict(newest_first)


def _ended(job: Job, header: Header) -> Job:
    if job.status in TERMINAL and not header.live:
        return job
    return replace(job, status=UNFINISHED, completed_at=header.saved_at)


def _created(job: Job) -> float:
    return job.created_at.timestamp() if job.created_at else 0.0
