"""The errors of the Studio, a branch of the tree in `arkor_dash.errors`.

StudioError
├── RequestError        the request is answered with an HTTP error
├── UnknownJobError     the store holds no such job
├── JobEndedError       the job has ended and takes no more events
├── JobRunningError     the job or its process still runs
├── SequenceGapError    events between the stored and the sent ones are missing
└── OutputGapError      output between the stored and the sent part is missing
"""

from __future__ import annotations

from arkor_dash.errors import ArkorDashError


class StudioError(ArkorDashError):
    """Base of all errors that the Studio raises on purpose."""


class RequestError(StudioError):
    """A request that can't be served. `status` is the HTTP status of the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class UnknownJobError(StudioError):
    """The store has no job with that id."""

    def __init__(self) -> None:
        super().__init__("There is no such job.")


class JobEndedError(StudioError):
    """The job has ended. Its history can't change any more."""

    def __init__(self) -> None:
        super().__init__("The job has ended and takes no more events.")


class JobRunningError(StudioError):
    """The job can't be deleted, since it or its process still runs."""

    def __init__(self) -> None:
        super().__init__("The job still runs. Cancel it and wait for its end, then delete it.")


class SequenceGapError(StudioError):
    """The next event should have been `acknowledged + 1`."""

    def __init__(self, acknowledged: int, received: int) -> None:
        super().__init__(f"Expected event {acknowledged + 1} next, got {received}. Send from there on.")
        self.acknowledged = acknowledged


class OutputGapError(StudioError):
    """The next piece of the output should have begun at the byte `stored`."""

    def __init__(self, stored: int) -> None:
        super().__init__(f"The first {stored} bytes of the output are stored. Send from there on.")
        self.stored = stored
