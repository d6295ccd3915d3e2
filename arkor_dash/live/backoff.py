"""How long to wait before the next attempt to reach a source."""

from __future__ import annotations

import random

FIRST_WAIT_S = 1.0
SHORTEST_REQUESTED_WAIT_S = 0.5
"""The shortest first wait that a server can ask for. Firefox has the same limit for event streams."""
LONGEST_WAIT_S = 30.0
LONGEST_REQUESTED_WAIT_S = 300.0


def wait_s(
    failures: int,
    retry_ms: int | None,
    retry_after_s: float | None,
    rng: random.Random,
    longest_s: float | None = None,
) -> float:
    """Exponential back-off with jitter, in seconds, that respects what the server asked for.

    The wait starts at the server's `retry:` (at least half a second) or at one second, doubles with each failure, and
    stops growing at `longest_s` (or at the first wait, if that is longer). Jitter takes up to half of it away, so
    that many dashboards don't reconnect at the same moment. A `Retry-After` is a lower bound, up to five minutes.

    Args:
        failures: attempts since the last success, at least 1.
        retry_ms: the `retry:` field of the event stream.
        retry_after_s: the `Retry-After` header.
        rng: the source of the jitter.
        longest_s: by default 30 seconds.
    """
    first = FIRST_WAIT_S
    if retry_ms is not None:
        first = min(max(retry_ms / 1000, SHORTEST_REQUESTED_WAIT_S), LONGEST_REQUESTED_WAIT_S)
    longest = max(LONGEST_WAIT_S if longest_s is None else longest_s, first)
    backoff = min(first * 2.0 ** min(failures - 1, 32), longest) * rng.uniform(0.5, 1.0)
    requested = min(retry_after_s or 0.0, LONGEST_REQUESTED_WAIT_S)
    return requested + min(backoff, FIRST_WAIT_S) if requested >= backoff else backoff
