"""The states of a feed's connection to its source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connecting:
    """The first connection is being opened."""


@dataclass(frozen=True, slots=True)
class Live:
    """The stream is open."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The stream broke off at `since_ms`, for the `reason`. Times are Unix milliseconds.

    `next_try_at_ms` is None during an attempt, up to its first frame.
    """

    since_ms: float
    next_try_at_ms: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The stream is complete."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The source refused the request, or reading failed unexpectedly. The feed does not retry by itself.

    `unauthorized` says that the token was refused, and `not_found` that there is no such job.
    """

    reason: str
    unauthorized: bool = False
    not_found: bool = False


Connection = Connecting | Live | Interrupted | Closed | Refused
