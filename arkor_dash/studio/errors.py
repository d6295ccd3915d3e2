"""What can go wrong in the Studio. A branch of the tree in `arkor_dash.errors`.

StudioError
├── RequestError        a request that is answered with a 4xx
├── UnknownJobError     the store holds no such job
├── JobEndedError       the job is over, and takes nothing more
└── SequenceGapError    events between the stored ones and the sent ones are missing
"""

from __future__ import annotations

from arkor_dash.errors import ArkorDashError


class StudioError(ArkorDashError):
    """Base of what the Studio raises on purpose."""


class RequestError(StudioError):
    """A request that can't be served as it stands; `status` is the HTTP status to answer with."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class UnknownJobError(StudioError):
    """The store holds no job of that id."""

    def __init__(self) -> None:
        super().__init__("There is no such job.")


class JobEndedError(StudioError):
    """The job has ended; its history is closed."""

    def __init__(self) -> None:
        super().__init__("The job has ended and takes no more events.")


class SequenceGapError(StudioError):
    """The next event should have been `acknowledged + 1`."""

    def __init__(self, acknowledged: int, received: int) -> None:
        super().__init__(f"Expected event {acknowledged + 1} next, got {received}. Send from there on.")
        self.acknowledged = acknowledged
