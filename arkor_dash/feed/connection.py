"""How a feed stands with its source, and how long it waits before it asks again."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
LONGEST_REQUESTED_WAIT_S = 300.0


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


def wait_s(failures: int, retry_ms: int | None, retry_after_s: float | None, chance: random.Random) -> float:
    """Seconds before the next try, after `failures` tries since the last event (>= 1).

    Doubles from the server's `retry:` (else one second) to half a minute. Chance takes up to half of it off,
    so that many dashboards do not return at once. A `Retry-After` is kept to, up to five minutes.
    """
    first = FIRST_WAIT_S if retry_ms is None else min(retry_ms / 1000, LONGEST_REQUESTED_WAIT_S)
    longest = max(LONGEST_WAIT_S, first)
    grown = min(first * 2.0 ** min(failures - 1, 32), longest) * chance.uniform(0.5, 1.0)
    asked = min(retry_after_s or 0.0, LONGEST_REQUESTED_WAIT_S)
    return asked + min(grown, FIRST_WAIT_S) if asked >= grown else grown
