"""The interface between the dashboard and a source of jobs.

A `Source` lists jobs and streams their events. Its parts `runner`, `control`, `artifacts`, `keeper`, `summaries` and
`archive` hold what only some sources can do, and are None for the others. So no method exists only to raise an error.

| | `runner` | `control` | `artifacts`, `keeper`, `summaries`, `archive` |
|---|---|---|---|
| our Studio | yes | yes | yes |
| `arkor dev` | yes, keeps no runs | cancels only, if at all | None |
| Arkor cloud | None | yes | None |
| recordings | None | None | None |

Every method of a source and of its parts is thread-safe, and may raise a SourceError (`arkor_dash/errors.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from arkor_dash.protocol.jobs import Job, JobList
from arkor_dash.protocol.labels import LabelChange
from arkor_dash.protocol.metric_summaries import Summaries

from .streams import Download, EventStream, RunOutput, StretchStream


class Source(Protocol):
    """Lists jobs and streams their events."""

    @property
    def kind(self) -> str:
        """`studio`, `cloud` or `recording`. A recording's header stores it."""

    @property
    def label(self) -> str:
        """The source in a few words, for the page header. Holds no token."""

    @property
    def deprecation_notice(self) -> str | None:
        """The source's notice that it will end support for this client; None if it has sent none."""

    @property
    def streams_cancellation(self) -> bool:
        """Whether a job's event stream reports that the job was cancelled. If not, only the job list does."""

    @property
    def runner(self) -> Runner | None:
        """Runs the source's project; None if the source has no project."""

    @property
    def no_runner_reason(self) -> str:
        """Why there is no runner and how to get one, for the user. Empty if there is a runner."""

    @property
    def control(self) -> JobControl | None:
        """Cancels jobs and runs them again; None if the source can't.

        It may change: a Studio is known to be ours only after its first answer.
        """

    @property
    def artifacts(self) -> ArtifactStore | None:
        """Downloads what runs have saved; None if the source can't. It may change as `control` does."""

    @property
    def keeper(self) -> JobKeeper | None:
        """Names, tags and deletes jobs; None if the source can't. It may change as `control` does."""

    @property
    def summaries(self) -> MetricSummaries | None:
        """Summarizes the metrics of all jobs; None if the source can't. It may change as `control` does."""

    @property
    def archive(self) -> EventArchive | None:
        """Reads the events of jobs in columns; None if the source can't. It may change as `control` does."""

    def credentials(self) -> object:
        """A value that differs from an earlier one if the token has changed. Its `repr` shows no token."""

    def jobs(self) -> JobList:
        """All jobs, in the source's order. The same object for as long as the answer is the same."""

    def job(self, job_id: str) -> Job:
        """One job. Raises: JobNotFoundError."""

    def events(self, job_id: str, last_event_id: str | None = None) -> EventStream:
        """The job's events after the one with the id `last_event_id`; all events if it is None.

        Raises: JobNotFoundError: `job_id` can't be the id of any job.
        """


class Runner(Protocol):
    """Builds and runs the one project of a source."""

    @property
    def names(self) -> ProjectNames: ...

    @property
    def keeps_runs(self) -> bool:
        """Whether a run goes on without a connection and its output can be read again.

        If not, closing the stream of `start_run` ends the run, `current_run` is None and `output` is not available.
        """

    def manifest(self) -> Manifest:
        """The project's manifest, after a fresh build. Raises: RefusedError: the build's own error text."""

    def rebuilds(self) -> EventStream | None:
        """The builds of the project: events `ready`, `rebuild` and `error`; None if the source tells of none.

        Entering raises: RefusedError, BadAnswerError: the source tells of none.
        """

    def start_run(self) -> RunOutput:
        """The output of a new run of the project. The run starts when the stream is entered.

        Entering raises: RunInProgressError: another run is in progress.
        """

    def current_run(self) -> RunInfo | None:
        """The current run, else the latest one; None if there was none or `keeps_runs` is False."""

    def output(self, job_id: str, offset: int = 0) -> RunOutput:
        """The output of a run from byte `offset` on. Until the run ends, the stream follows the output.

        Entering raises: JobNotFoundError: there is no such run, or its output was not kept.
        """


class JobControl(Protocol):
    """Cancels jobs, and runs them again if `can_rerun`."""

    @property
    def can_rerun(self) -> bool: ...

    def cancel(self, job_id: str) -> None:
        """Ask a job to end. Returns once the request is accepted; the job ends some time later.

        Raises: JobNotFoundError. RefusedError: the job has ended already.
        """

    def rerun(self, name: str, config: Mapping[str, object]) -> str:
        """Start a run with `config`. Returns: the id of its job.

        Args: name: the new job's name. A source whose trainer names the job ignores it.
        Raises: RunInProgressError: another run is in progress.
        """


class JobKeeper(Protocol):
    """Changes what people add to jobs, and deletes jobs."""

    def change(self, job_id: str, change: LabelChange) -> None:
        """Change the name, tags and notes of a job, and whether it is archived.

        Raises: JobNotFoundError. RefusedError: a text is too long, or there are too many tags.
        """

    def delete(self, job_id: str) -> None:
        """Delete an ended job with all that it has reported and saved.

        Raises: JobNotFoundError. RefusedError: the job or its process still runs, or another Studio has run it.
        """


class MetricSummaries(Protocol):
    """The metrics of all jobs, each in three numbers, the loss also as a curve of a few points."""

    def names(self) -> Sequence[str]:
        """The names of all metrics that any job has reported."""

    def read(self, names: Sequence[str]) -> Summaries:
        """The summaries of these metrics, at most `NAMES_ASKED`. `STEP` counts as one."""


class EventArchive(Protocol):
    """The events of jobs in columns, which are read many times faster than one by one."""

    def stretches(self, job_id: str, after: int = 0) -> StretchStream:
        """The job's events after the one with the id `after`, in columns, as far as the source has them so.

        The event stream has the rest: read it from the last event of the last stretch, or from `after` if there is no
        stretch. Also do so after an error: the event stream shows whether it lasts.
        Raises: JobNotFoundError: `job_id` can't be the id of any job.
        """


class ArtifactStore(Protocol):
    """Downloads what runs have saved."""

    def download(self, job_id: str, name: str) -> Download:
        """The artifact of that name.

        Raises, here or on entering: RefusedError: there is no such artifact. JobNotFoundError.
        """


@dataclass(frozen=True, slots=True)
class ProjectNames:
    """The names of the entry file and of its functions in the project's language. The run panel shows them."""

    entry: str
    create_trainer: str
    create_arkor: str


PYTHON = ProjectNames("src/arkor/index.py", "create_trainer(...)", "create_arkor")
TYPESCRIPT = ProjectNames("src/arkor/index.ts", "createTrainer(...)", "createArkor")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the project's entry file exports.

    `trainer` is the trainer's name; None if it exports no trainer. `config` is the trainer's;
    only our Studio tells it.
    """

    trainer: str | None
    config: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One run of the project. `exit_code` is None until the run ends, or if it is unknown."""

    job_id: str
    running: bool
    exit_code: int | None
