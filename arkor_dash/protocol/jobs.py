"""Jobs, parsed from JSON, and the filters of the job list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from arkor_dash.errors import MalformedError

from .addresses import hide_in_addresses
from .fields import iso_ms, map_texts, nests_deeper, read_error, read_text, read_time
from .labels import clean_tags

QUEUED, RUNNING, COMPLETED, FAILED, CANCELLED = "queued", "running", "completed", "failed", "cancelled"
CANCELLING = "cancelling"
"""A cancelled job that has not ended yet. For sources that do not report this status, the dashboard sets it."""
UNFINISHED = "unfinished"
"""The final status of a job that was recorded while it was running. Only recordings have it."""
TERMINAL = frozenset({COMPLETED, FAILED, CANCELLED, UNFINISHED})

STATUS_FILTERS: Mapping[str, str | None] = {
    "All": None,
    "Running": RUNNING,
    "Completed": COMPLETED,
    "Queued": QUEUED,
    "Failed": FAILED,
    "Cancelled": CANCELLED,
}
"""The filter chips in their order, each with the status that it shows (None: every status)."""


CONFIG_LEVELS = 50
"""A config with more lists and objects inside of each other counts as unreadable: Python can't walk any depth."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job. An unknown status is kept as it is. A time that can't be read is None.

    `tags`, `notes` and `archived` are what people have added. `is_script`: a script has opened the job, and no
    Studio has started its run. `silent_since`: the last event of a running job that has reported nothing for a while.
    Only our Studio keeps these.
    """

    id: str
    name: str
    status: str
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    notes: str = ""
    archived: bool = False
    is_script: bool = False
    silent_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobList:
    """The jobs in the source's order, and the number of entries that could not be read."""

    jobs: tuple[Job, ...] = ()
    malformed: int = 0


def parse_job(payload: object) -> Job:
    """The job in a JSON value. A field that can't be read is as if missing; `fields` has the rules.

    Raises: MalformedError: the value is not an object, or has no id.
    """
    if not isinstance(payload, dict):
        raise MalformedError(f"expected a job object, got {type(payload).__name__}")
    job_id = _text(payload.get("id"))
    if job_id is None:
        raise MalformedError("a job has no id")
    config, tags = payload.get("config"), payload.get("tags")
    return Job(
        id=job_id,
        name=_text(payload.get("name")) or "",
        status=_text(payload.get("status")) or QUEUED,
        created_at=read_time(payload.get("createdAt")),
        started_at=read_time(payload.get("startedAt")),
        completed_at=read_time(payload.get("completedAt")),
        error=read_error(payload.get("error")) or None,
        config=config if isinstance(config, dict) and not nests_deeper(config, CONFIG_LEVELS) else {},
        tags=clean_tags(map(read_text, tags)) if isinstance(tags, list) else (),
        notes=read_text(payload.get("notes")),
        archived=payload.get("archived") is True,
        is_script=payload.get("script") is True,
        silent_since=read_time(payload.get("silentSince")),
    )


def parse_jobs(payload: object) -> JobList:
    """The jobs in a `{"jobs": […]}` answer. Entries that can't be read are counted.

    Raises: MalformedError: the answer has no list of jobs.
    """
    entries = payload.get("jobs") if isinstance(payload, dict) else None
    if not isinstance(entries, list):
        raise MalformedError('expected {"jobs": […]}')
    jobs: list[Job] = []
    malformed = 0
    for entry in entries:
        try:
            jobs.append(parse_job(entry))
        except MalformedError:
            malformed += 1
    return JobList(tuple(jobs), malformed)


def matching(jobs: Iterable[Job], query: str, status: str | None) -> list[Job]:
    """The jobs whose name, id or tag contains `query`, ignoring case, and that have `status` (None: any).

    `running` also matches jobs that are being cancelled.
    """
    needle = query.strip().casefold()
    allowed = {RUNNING, CANCELLING} if status == RUNNING else {status}
    return [
        job
        for job in jobs
        if (status is None or job.status in allowed)
        and (not needle or any(needle in text.casefold() for text in (job.name, job.id, *job.tags)))
    ]


def status_word(status: str) -> str:
    """The status as shown to a person: `Running`, `Cancelling…`."""
    return f"{status[:1].upper()}{status[1:]}{'…' if status == CANCELLING else ''}"


def base_model(job: Job) -> str | None:
    """The model that the run fine-tunes, if its config names one. An address is shown as `addresses` says."""
    return hide_in_addresses(read_text(job.config.get("model"))) or None


def dataset(job: Job) -> str | None:
    """The run's data set in one line: `name (subset, split)` of a hub data set, or the URL of a file.

    The URL is shown as `addresses` says, since its query may be a signature that opens the file.
    """
    source = job.config.get("datasetSource")
    if not isinstance(source, dict):
        return None
    names = ("name", "url", "subset", "split")
    name, url, *details = (hide_in_addresses(read_text(source.get(field))) for field in names)
    shown, given = name or url or None, [text for text in details if text]
    return f"{shown} ({', '.join(given)})" if shown and given else shown


def shown_config(config: Mapping[str, object]) -> dict[str, object]:
    """The config with each address in it as it may be shown, see `addresses`. For pages and exports."""
    return {hide_in_addresses(name): map_texts(value, hide_in_addresses) for name, value in config.items()}


def config_texts(config: Mapping[str, object]) -> list[tuple[str, str]]:
    """The values of a config in its order, each with its name. Values of an inner object have dotted names.

    Text is as it is, everything else as JSON. An empty object is a value, too.
    """
    found: list[tuple[str, str]] = []
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            found += [(f"{name}.{inner}", text) for inner, text in config_texts(value)]
        else:
            found.append((name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    return found


def _text(value: object) -> str | None:
    return read_text(value) or None


def job_json(job: Job) -> dict[str, object]:
    """The job as JSON, for the Studio API and recordings. `parse_job` reads it. Missing values are null.

    What only our Studio keeps is left out if there is none of it.
    """
    kept = {
        "tags": list(job.tags),
        "notes": job.notes,
        "archived": job.archived,
        "script": job.is_script,
        "silentSince": None if job.silent_since is None else iso_ms(job.silent_since),
    }
    times = {"createdAt": job.created_at, "startedAt": job.started_at, "completedAt": job.completed_at}
    return {
        "id": job.id,
        "name": job.name,
        "status": job.status,
        "config": dict(job.config),
        "error": job.error,
        **{field: None if moment is None else iso_ms(moment) for field, moment in times.items()},
        **{field: value for field, value in kept.items() if value},
    }
