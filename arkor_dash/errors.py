"""Everything that can go wrong here, as one tree.

ArkorDashError
├── SettingsError            a setting holds something unusable
├── MalformedError           an answer or a frame is not of the expected form
├── EmptySeriesError         a statistic of no values
├── ExportError              an export would be too large
├── ProjectError             a project can't be built, imported or run
├── StudioStartError         the embedded Studio did not come up
└── SourceError              the place that jobs come from did not answer as hoped
    ├── SourceUnavailableError   gone for now; a retry can help
    ├── BadAnswerError           it answered something else than its API; a retry can help
    ├── UnauthorizedError        the token is wrong (401, 403)
    ├── JobNotFoundError         there is no such job (404)
    ├── StreamGoneError          the stream will not come back (410)
    │   └── RecordingError           a recording can't be read, or not be made
    ├── UpgradeRequiredError     this client is too old (426)
    ├── RejectedError            the source refused the request and said why (other 4xx)
    └── RunInProgressError       one run at a time: another is on (409)

Messages are written for the person at the dashboard. They never hold a token.
"""

from __future__ import annotations

from typing import ClassVar

UNEXPECTED_ERROR = "An unexpected error. The server's log has the details."
"""What a viewer reads of an error that was not raised on purpose."""


class ArkorDashError(Exception):
    """Base of every error raised on purpose."""

    retryable: ClassVar[bool] = False


class SettingsError(ArkorDashError):
    """A setting holds a value that can't be used."""

    def __init__(self, setting: str, held: str, allowed: str) -> None:
        super().__init__(f"{setting} is {held}, but may only be {allowed}.")
        self.setting = setting


class MalformedError(ArkorDashError):
    """A frame or an answer that does not have the form its API promises."""


class EmptySeriesError(ArkorDashError):
    """A statistic was asked of a series without finite values."""


class ExportError(ArkorDashError):
    """What was asked for would be too large; the message says what to do instead."""


class ProjectError(ArkorDashError):
    """A project that can't be built, imported or run; the message names the file."""


class StudioStartError(ArkorDashError):
    """The embedded Studio did not come up; the message holds its last words."""


class SourceError(ArkorDashError):
    """The source of jobs and events did not answer as hoped."""


class SourceUnavailableError(SourceError):
    """No answer, or one that says to come back later.

    `retry_after_s` is the wait that the source asked for, in seconds, if it did.
    """

    retryable = True

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BadAnswerError(SourceError):
    """An answer that is not of the API: not JSON, or of another shape."""

    retryable = True


class UnauthorizedError(SourceError):
    """The token is missing, wrong or stale."""


class JobNotFoundError(SourceError):
    """The source knows no job of that id."""

    def __init__(self, job_id: str) -> None:
        shown = job_id if len(job_id) <= 80 else f"{job_id[:80]}…"
        super().__init__(f"There is no job {shown!r}.")
        self.job_id = job_id


class StreamGoneError(SourceError):
    """The event stream is gone for good."""


class RecordingError(StreamGoneError):
    """A recording that is damaged, foreign or too large; the message names the file and, if there is one, the line.

    `line` counts from 1.
    """

    def __init__(self, name: str, problem: str, *, line: int | None = None) -> None:
        shown = name if len(name) <= 80 else f"{name[:80]}…"
        super().__init__(f"{shown}{'' if line is None else f', line {line:,}'}: {problem}")
        self.line = line


class UpgradeRequiredError(SourceError):
    """The source serves only newer clients."""


class RejectedError(SourceError):
    """The source refused the request, with its reason as the message."""


class RunInProgressError(SourceError):
    """Another run of the project is on."""

    def __init__(self, message: str, *, job_id: str | None) -> None:
        super().__init__(message)
        self.job_id = job_id
