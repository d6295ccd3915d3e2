"""The job list of a recording storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from arkor_dash.protocol.jobs import TERMINAL, UNFINISHED, Job
from arkor_dash.recordings.format import Header
from arkor_dash.recordings.storage import FileVersion

Headers = Mapping[tuple[str, FileVersion], Header | None]
"""The header of each file, by the file's name and version; None if the file can't be read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A recording in the list. `name` is the name of its file."""

    name: str
    job: Job
    header: Header


def listed(headers: Headers) -> dict[str, Entry]:
    """The readable recordings by the id they are listed under, newest job first.

    The latest recording of a job has the job's id; the ids of the others are followed by their file's name.
    """
    readable = [(name, header) for (name, _), header in headers.items() if header is not None]
    readable.sort(key=lambda item: item[1].saved_at, reverse=True)
    entries: dict[str, Entry] = {}
    for name, header in readable:
        job = header.job
        job_id = f"{job.id} · {name}" if job.id in entries else job.id
        entries[job_id] = Entry(name, _ended(replace(job, id=job_id), header), header)
    newest_first = sorted(entries.items(), key=lambda item: _created_at(item[1].job), reverse=True)
    return dict(newest_first)


def _ended(job: Job, header: Header) -> Job:
    if job.status in TERMINAL and not header.live:
        return job
    return replace(job, status=UNFINISHED, completed_at=header.saved_at)


def _created_at(job: Job) -> float:
    return job.created_at.timestamp() if job.created_at else 0.0
