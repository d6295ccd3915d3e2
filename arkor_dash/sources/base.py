"""What the dashboard asks of a place where jobs come from, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from arkor_dash.protocol.jobs import Job, JobList


@dataclass(frozen=True, slots=True)
class ProjectWords:
    """What a project's own language calls the things that the run panel speaks of."""

    entry: str
    create_trainer: str
    create_arkor: str


PYTHON = ProjectWords("src/arkor/index.py", "create_trainer(...)", "create_arkor")
TYPESCRIPT = ProjectWords("src/arkor/index.ts", "createTrainer(...)", "createArkor")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a source offers.

    `can_run`: it has a project and can run its trainer.
    `keeps_runs`: a run goes on, and its output can be read again, whether or not anyone is connected.
    `has_job_route`: one job can be asked for; without it, the list is searched.
    `can_cancel`: a job can be asked to end. `can_download`: what a run has saved can be asked for.
    `can_rerun`: a run can be started with a config. `tells_cancelled`: a job's stream says that it was cancelled.
    """

    can_run: bool
    keeps_runs: bool
    has_job_route: bool
    can_cancel: bool
    can_download: bool = False
    can_rerun: bool = False
    tells_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the project's entry hands to its `create_arkor`; `trainer` is None where it hands over nothing."""

    trainer: str | None


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The project's current or latest run; `exit_code` is None while it is on."""

    job_id: str
    running: bool
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class Frame:
    """One block of an event stream.

    `id` is the block's own, None if it has none; what to resume from is `EventStream.last_event_id`.
    A block without data, such as a comment, has the empty name: a sign of life, and no event.
    """

    id: str | None
    name: str
    data: str


class Stream(Protocol):
    """An answer that comes in pieces. Nothing is sent before it is entered.

    Entering raises the SourceError that the answer stands for. Iteration ends with a whole body; a body that
    is cut off, or silent for too long, raises SourceUnavailableError.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def close(self) -> None:
        """Give the answer up, from whichever thread and at whatever moment; who waits for it is released."""


class EventStream(Stream, Protocol):
    """The events of one job, from the one after the last event id that was asked for."""

    @property
    def retry_ms(self) -> int | None:
        """The wait before a reconnect that the server asked for."""

    @property
    def last_event_id(self) -> str | None:
        """What to resume from, as of the frame that was yielded last."""

    def __iter__(self) -> Iterator[Frame]: ...


class RunOutput(Stream, Protocol):
    """The bytes that a run prints, its trailer `\\n---\\nexit=<code>\\n` included."""

    @property
    def job_id(self) -> str | None:
        """The run's job, where the source says which; known once entered."""

    def __iter__(self) -> Iterator[bytes]: ...


class Download(Stream, Protocol):
    """The bytes of what a run has saved: of a file, or of a tar archive of a folder."""

    def __iter__(self) -> Iterator[bytes]: ...


class Source(Protocol):
    """Where jobs and events come from. Any thread may call any method; a method may raise a SourceError."""

    @property
    def label(self) -> str:
        """The source in a few words, for the header."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def words(self) -> ProjectWords: ...

    @property
    def notice(self) -> str | None:
        """What the source has said of an end that is near, such as of this version; None if nothing."""

    def access(self) -> object:
        """What the source asks with now, only to be compared: it changes when a token does, and shows none."""

    def jobs(self) -> JobList:
        """All jobs, in the source's order. The same object as long as the source answers the same."""

    def job(self, job_id: str) -> Job:
        """One job. Raises: JobNotFoundError."""

    def events(self, job_id: str, last_event_id: str | None = None) -> EventStream:
        """The job's events after `last_event_id`, or all.

        Raises: JobNotFoundError: no job can have that id.
        """

    def manifest(self) -> Manifest:
        """Builds the project and reads what it offers. Raises: RejectedError: the build's own error text."""

    def start_run(self) -> RunOutput:
        """The output of a run that starts when the stream is entered.

        Entering raises: RunInProgressError: another run is on.
        """

    def cancel(self, job_id: str) -> None:
        """Ask a job to end; it does some time after this returns.

        Raises: JobNotFoundError. RejectedError: it has ended, or the source can't.
        """

    def artifact(self, job_id: str, name: str) -> Download:
        """What a run has saved under `name`.

        Raises: RejectedError: no artifact can be had here, or none of that name. Entering raises it too.
        """

    def rerun(self, name: str, config: Mapping[str, object]) -> str:
        """Start a run with a config; the id of its job. `name` is for a source that has no trainer to name it.

        Raises: RunInProgressError: another run is on. RejectedError: the source can't.
        """

    def current_run(self) -> RunInfo | None:
        """The current or latest run; None if there was none, or if the source does not keep runs."""

    def output(self, job_id: str, offset: int = 0) -> RunOutput:
        """What a run has printed, from byte `offset`, and goes on to print until it ends.

        Entering raises: JobNotFoundError: there is no such run, or its output is not kept.
        """
