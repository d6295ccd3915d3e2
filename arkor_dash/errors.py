"""The exceptions of this package, as one tree.

ArkorDashError
├── SettingsError            a setting has an unusable value
├── MalformedError           an answer or a frame does not have the expected form
├── EmptySeriesError         a statistic of a series without values
├── ExportError              an export would be too large
├── ProjectError             a project can't be built, imported or run
├── StudioStartError         the embedded Studio did not start
└── SourceError              the source of jobs did not answer as expected
    ├── SourceUnavailableError   no answer for now; a retry can help
    ├── BadAnswerError           the answer does not match the API; a retry can help
    ├── UnauthorizedError        the token is wrong (401, 403)
    ├── JobNotFoundError         there is no such job (404)
    ├── GoneError                a stream, job or file was removed for good (410)
    │   └── RecordingError           a recording can't be read or written
    ├── UpgradeRequiredError     this client is too old (426)
    ├── RefusedError             the source refused the request and said why (other 4xx)
    └── RunInProgressError       another run of the project is in progress (409)

Messages are written for the users of the dashboard. They never contain a token.
"""

from __future__ import annotations

from typing import ClassVar

UNEXPECTED_ERROR = "An unexpected error. The server's log has the details."
"""The text that viewers see for an error that was not raised on purpose."""


class ArkorDashError(Exception):
    """Base of all exceptions of this package. `retryable`: whether trying again can help."""

    retryable: ClassVar[bool] = False


class SettingsError(ArkorDashError):
    """A setting has a value that can't be used."""

    def __init__(self, setting: str, actual: str, allowed: str) -> None:
        super().__init__(f"{setting} is {actual}, but may only be {allowed}.")
        self.setting = setting


class MalformedError(ArkorDashError):
    """A frame or an answer does not have the form that its API describes."""


class EmptySeriesError(ArkorDashError):
    """A series has no finite values to compute a statistic of."""


class ExportError(ArkorDashError):
    """An export would be too large. The message says what to do instead."""


class ProjectError(ArkorDashError):
    """A project can't be built, imported or run. The message names the file."""


class StudioStartError(ArkorDashError):
    """The embedded Studio did not start. The message has the last lines of its output."""


class SourceError(ArkorDashError):
    """The source of jobs and events did not answer as expected."""


class SourceUnavailableError(SourceError):
    """The source gave no answer, or asked to try again later.

    `retry_after_s` is the wait in seconds that the source asked for, or None.
    """

    retryable = True

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BadAnswerError(SourceError):
    """An answer does not match the API: it is not JSON, or has another form."""

    retryable = True


class UnauthorizedError(SourceError):
    """The token is missing, wrong or stale."""


class JobNotFoundError(SourceError):
    """The source has no job with this id."""

    def __init__(self, job_id: str) -> None:
        shown = job_id if len(job_id) <= 80 else f"{job_id[:80]}…"
        super().__init__(f"There is no job {shown!r}.")
        self.job_id = job_id


class GoneError(SourceError):
    """The source had the requested stream or artifact, and has removed it for good."""


class RecordingError(GoneError):
    """A recording is damaged, too large or not a recording. The message names the file and, if known, the line.

    `line` counts from 1, or is None.
    """

    def __init__(self, name: str, problem: str, *, line: int | None = None) -> None:
        shown = name if len(name) <= 80 else f"{name[:80]}…"
        super().__init__(f"{shown}{'' if line is None else f', line {line:,}'}: {problem}")
        self.line = line


class UpgradeRequiredError(SourceError):
    """The source accepts only newer clients."""


class RefusedError(SourceError):
    """The source refused the request. The message is its reason."""


class RunInProgressError(SourceError):
    """Another run of the project is in progress. `job_id` is its job, if known."""

    def __init__(self, message: str, *, job_id: str | None) -> None:
        super().__init__(message)
        self.job_id = job_id
