"""Jobs and events from recordings: those in a folder, or one uploaded file."""

from __future__ import annotations

import logging
import threading
from functools import partial

from arkor_dash.errors import JobNotFoundError, RecordingError
from arkor_dash.protocol.fields import replace_surrogates
from arkor_dash.protocol.jobs import Job, JobList
from arkor_dash.recordings.format import Header, Recording
from arkor_dash.recordings.storage import Storage

from .recording_list import Entry, Headers, listed
from .recording_stream import RecordedStream

log = logging.getLogger(__name__)

NO_PROJECT = (
    "Recordings are runs that were saved, and have no project to run. To start runs here, set ARKOR_DASH_SOURCE to "
    "embedded."
)


class RecordingSource:
    """A Source whose jobs are the recordings of a storage. All of them have ended.

    A job is listed under its own id. If several files hold a job of the same id, the latest recording has that id,
    and the others have it followed by their file's name. A job that was recorded while it ran is listed as
    `unfinished`, completed when it was recorded.
    """

    kind = "recording"
    deprecation_notice = None
    streams_cancellation = False
    runner = None
    no_runner_reason = NO_PROJECT
    control = None
    artifacts = None
    keeper = None
    summaries = None
    archive = None

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self._headers: Headers = {}
        self._entries: dict[str, Entry] = {}
        self._listing = JobList()
        self._damage: dict[str, str] = {}

    @property
    def label(self) -> str:
        return self._storage.label

    def credentials(self) -> object:
        return None

    def jobs(self) -> JobList:
        """The jobs, newest first. Files that can't be read are counted as malformed.

        Raises: SourceUnavailableError.
        """
        versions = self._storage.versions()
        with self._lock:
            headers = {
                file: self._headers[file] if file in self._headers else self._header(file[0])
                for file in versions.items()
            }
            if headers.keys() != self._headers.keys():
                self._entries = listed(headers)
                jobs = tuple(entry.job for entry in self._entries.values())
                self._listing = JobList(jobs, sum(header is None for header in headers.values()))
            self._headers = headers
            return self._listing

    def job(self, job_id: str) -> Job:
        return self.entry(job_id).job

    def events(self, job_id: str, last_event_id: str | None = None) -> RecordedStream:
        name = self.entry(job_id).name
        return RecordedStream(self._storage, name, last_event_id, partial(self._set_damage, job_id))

    def entry(self, job_id: str) -> Entry:
        """The recording that is listed under an id. Raises: JobNotFoundError. SourceUnavailableError."""
        self.jobs()
        with self._lock:
            entry = self._entries.get(job_id)
        if entry is None:
            raise JobNotFoundError(replace_surrogates(job_id))
        return entry

    def names(self) -> list[str]:
        """The names of all files, also of damaged ones, that can be shown. Raises: SourceUnavailableError."""
        return sorted(name for name in self._storage.versions() if replace_surrogates(name) == name)

    def job_in(self, name: str) -> str:
        """The id under which the job of a file is listed.

        Raises: RecordingError: there is no such file, or it can't be read.
        """
        Recording(self._storage.open(name), name).close()
        self.jobs()
        with self._lock:
            for job_id, entry in self._entries.items():
                if entry.name == name:
                    return job_id
        raise RecordingError(name, "the file has just changed; try again")

    def damage(self, job_id: str) -> str | None:
        """The error of the last read of the job's events; None if there was none."""
        with self._lock:
            return self._damage.get(job_id)

    def _set_damage(self, job_id: str, error: RecordingError | None) -> None:
        with self._lock:
            self._damage.pop(job_id, None)
            if error is not None:
                self._damage[job_id] = str(error)

    def _header(self, name: str) -> Header | None:
        try:
            recording = Recording(self._storage.open(name), name)
        except RecordingError as error:
            log.warning("%s", error)
            return None
        recording.close()
        return recording.header
