"""Jobs, events and artifacts in a database. Once a call has returned, its changes are durable."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

from sqlalchemy import URL, ColumnElement, Row, insert, select, update

from arkor_dash.protocol.jobs import CANCELLING, QUEUED, RUNNING, TERMINAL, Job
from arkor_dash.protocol.labels import LabelChange
from arkor_dash.protocol.metric_summaries import Summaries
from arkor_dash.studio.errors import JobEndedError, JobRunningError, SequenceGapError

from . import summaries
from .archive import Archive
from .database import ARTIFACTS, JOBS, SCRIPTS, WRITE_OPTION, open_engine, reading
from .event_rows import read_events, write_events
from .formats import clean, to_ms
from .job_rows import delete_rows, job_row, locked_row
from .records import (
    Artifact,
    EventPage,
    NewEvent,
    RunStatus,
    end_event,
    label_values,
    to_artifact,
    to_job,
    to_run_status,
)
from .schema import prepare

T = TypeVar("T")

PAGE_EVENTS = 4_096
PAGE_CHARACTERS = 1_000_000


class Store:
    """The jobs of one database, their events in columns as `archive`. All methods block. Thread-safe."""

    def __init__(self, url: str | URL, owner: str = "local") -> None:
        """Open the database, create its tables, or upgrade them.

        Args: owner: the Studio that `unfinished`, `finished`, `owns` and `latest_run` refer to.
        Raises: sqlalchemy.exc.SQLAlchemyError, ImportError: the database can't be opened. StudioStartError: a newer
            version of this program wrote it, or it can't be upgraded.
        """
        engine = open_engine(url)
        self._engine = reading(engine)
        self._writing = engine.execution_options(**{WRITE_OPTION: True})
        self.archive = Archive(self._engine, self._writing)
        self._owner = owner
        prepare(engine)

    @property
    def url(self) -> URL:
        return self._engine.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    def create_job(
        self, job_id: str, name: str, created_at: datetime, *, config: str = "{}", is_external: bool = False
    ) -> None:
        """Add a job: queued, or with `is_external` running, since its script already runs."""
        row = {
            "id": job_id,
            "owner": self._owner_of(is_external),
            "name": name,
            "status": RUNNING if is_external else QUEUED,
            "config": config,
            "created_at_ms": to_ms(created_at),
            "started_at_ms": to_ms(created_at) if is_external else None,
            "last_seq": 0,
        }
        with self._writing.begin() as connection:
            connection.execute(insert(JOBS).values(row))

    def describe_job(self, job_id: str, name: str, config: str) -> Job:
        """Set the job's name and config (JSON). Returns the changed job. Raises: UnknownJobError. JobEndedError."""
        with self._writing.begin() as connection:
            if locked_row(connection, job_id).status in TERMINAL:
                raise JobEndedError
            connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(name=name, config=config))
            return to_job(locked_row(connection, job_id))

    def cancel_job(self, job_id: str) -> Job:
        """Record that the job was asked to end. Returns the changed job.

        The job then ends as cancelled, whatever its trainer reports.
        Raises: UnknownJobError. JobEndedError.
        """
        with self._writing.begin() as connection:
            if locked_row(connection, job_id).status in TERMINAL:
                raise JobEndedError
            connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(status=CANCELLING))
            return to_job(locked_row(connection, job_id))

    def change_labels(self, job_id: str, change: LabelChange, at: datetime) -> Job:
        """Change what people have added to the job. Returns the changed job.

        Args: at: the time of the change.
        Raises: UnknownJobError.
        """
        values = label_values(change, at)
        with self._writing.begin() as connection:
            if values:
                connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(values))
            return to_job(job_row(connection, job_id))

    def delete_job(self, job_id: str) -> None:
        """Remove the job with its events. Raises: UnknownJobError. JobRunningError: it has not ended."""
        with self._writing.begin() as connection:
            if locked_row(connection, job_id).status not in TERMINAL:
                raise JobRunningError
            delete_rows(connection, job_id)

    def append(self, job_id: str, events: Sequence[NewEvent]) -> int:
        """Store the events that are new, in one transaction. Returns the highest stored `seq`.

        Events after a terminal one are not stored. The terminal event of a job that was asked to end is stored
        as `cancelled`.
        Raises: UnknownJobError. JobEndedError: the job has ended, but some of `events` are new. SequenceGapError.
        """
        with self._writing.begin() as connection:
            job = locked_row(connection, job_id)
            fresh = [event for event in events if event.seq > job.last_seq]
            if not fresh:
                return int(job.last_seq)
            if job.status in TERMINAL:
                raise JobEndedError
            for expected, event in enumerate(fresh, start=job.last_seq + 1):
                if event.seq != expected:
                    raise SequenceGapError(job.last_seq, event.seq)
            return write_events(connection, job, fresh)

    def end_run(self, job_id: str, exit_code: int | None, error: str, at: datetime) -> bool:
        """Store the exit code, and fail the job with `error` if it has not ended. Returns whether the job was ended.

        A job that was asked to end is cancelled instead, without an error.
        Raises: UnknownJobError.
        """
        with self._writing.begin() as connection:
            job = locked_row(connection, job_id)
            connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(exit_code=exit_code))
            if job.status in TERMINAL:
                return False
            event = end_event(job_id, job.last_seq + 1, job.status == CANCELLING, error, at)
            write_events(connection, job, [event])
            return True

    def jobs(self, read: Callable[[Row[Any]], T]) -> list[T]:
        """`read(row)` of all jobs, the newest first."""
        with self._engine.begin() as connection:
            return [read(row) for row in connection.execute(select(JOBS).order_by(JOBS.c.number.desc()))]

    def job(self, job_id: str) -> Job:
        """Raises: UnknownJobError."""
        with self._engine.begin() as connection:
            return to_job(job_row(connection, job_id))

    def artifacts(self, job_id: str) -> list[Artifact]:
        """The job's artifacts in the order of their reports. Empty for an unknown job."""
        query = select(ARTIFACTS).where(ARTIFACTS.c.job_id == job_id)
        with self._engine.begin() as connection:
            rows = connection.execute(query.order_by(ARTIFACTS.c.seq, ARTIFACTS.c.position))
            return [to_artifact(row) for row in rows]

    def has_artifact(self, job_id: str, name: str) -> bool:
        """Whether the job has reported an artifact of that name."""
        query = select(ARTIFACTS.c.seq).where(ARTIFACTS.c.job_id == job_id, ARTIFACTS.c.name == clean(name))
        with self._engine.begin() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def events_after(
        self, job_id: str, seq: int, limit: int = PAGE_EVENTS, max_characters: int = PAGE_CHARACTERS
    ) -> EventPage:
        """The events after `seq`: at most `limit`, and no more once they hold `max_characters`.

        A `seq` beyond the job's last event counts as 0.
        Raises: UnknownJobError.
        """
        with self._engine.begin() as connection:
            return read_events(connection, job_row(connection, job_id), seq, limit, max_characters)

    def unfinished(self, *, is_external: bool = False) -> list[str]:
        """The ids of this owner's jobs that have not ended, oldest first. `is_external`: those of scripts."""
        query = select(JOBS.c.id).where(JOBS.c.owner == self._owner_of(is_external)).order_by(JOBS.c.number)
        with self._engine.begin() as connection:
            return list(connection.scalars(query.where(JOBS.c.status.not_in(TERMINAL))))

    def finished(self) -> list[str]:
        """The ids of this owner's jobs that have ended, those that ended last first, scripts' jobs included."""
        query = select(JOBS.c.id).where(self._is_own(), JOBS.c.status.in_(TERMINAL))
        with self._engine.begin() as connection:
            order = (JOBS.c.completed_at_ms.desc(), JOBS.c.number.desc())
            return list(connection.scalars(query.order_by(*order)))

    def owns(self, job_id: str) -> bool:
        """Whether this owner started the job, or a script opened the job at this owner's Studio."""
        query = select(JOBS.c.id).where(JOBS.c.id == job_id, self._is_own())
        with self._engine.begin() as connection:
            return connection.execute(query).first() is not None

    def latest_run(self) -> RunStatus | None:
        """The newest run that this owner started itself."""
        query = select(JOBS).where(JOBS.c.owner == self._owner).order_by(JOBS.c.number.desc()).limit(1)
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else to_run_status(row)

    def unsummarized(self) -> list[str]:
        """The ids of the jobs whose metrics are not summarized to their last event, the newest first."""
        with self._engine.begin() as connection:
            return summaries.unsummarized(connection)

    def summarize_page(self, job_id: str) -> bool:
        """Summarize the metrics of the job's next events. Returns whether there are more."""
        with self._writing.begin() as connection:
            return summaries.summarize_page(connection, job_id)

    def metric_names(self) -> list[str]:
        """The names of the metrics of all jobs."""
        with self._engine.begin() as connection:
            return summaries.metric_names(connection)

    def summaries(self, names: Collection[str]) -> Summaries:
        """The summaries of these metrics, of all jobs that have reported them."""
        with self._engine.begin() as connection:
            return summaries.read_summaries(connection, names)

    def _is_own(self) -> ColumnElement[bool]:
        return JOBS.c.owner.in_([self._owner_of(is_external) for is_external in (False, True)])

    def _owner_of(self, is_external: bool) -> str:
        return self._owner + SCRIPTS if is_external else self._owner

    def run_status(self, job_id: str) -> RunStatus:
        """Raises: UnknownJobError."""
        with self._engine.begin() as connection:
            return to_run_status(job_row(connection, job_id))
