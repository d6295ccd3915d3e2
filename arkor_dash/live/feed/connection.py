"""How a feed stands with its source, and how long it waits before it asks again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connecting:
    """The first answer is awaited."""


@dataclass(frozen=True, slots=True)
class Live:
    """The stream is open."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The stream broke at `since_ms`. `next_try_at_ms` is None while a try is on, until its first frame."""

    since_ms: float
    next_try_at_ms: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The stream is over for good: everything that it had to say is here."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The source will not give this stream, and trying again by itself would not help.

    `unauthorized`: the token is to blame. `not_found`: there is no such job.
    """

    reason: str
    unauthorized: bool = False
    not_found: bool = False


Connection = Connecting | Live | Interrupted | Closed | Refused
