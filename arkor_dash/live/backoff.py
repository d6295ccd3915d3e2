"""How long to wait before the next try to reach a source."""

from __future__ import annotations

import random

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
LONGEST_REQUESTED_WAIT_S = 300.0


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
