"""The wait before the next attempt."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.live.backoff import wait_s


class NoJitter(random.Random):
    """Leaves every wait at its full length."""

    def random(self) -> float:
        return 1.0


def test_waits_double_from_a_second_to_half_a_minute() -> None:
    assert [wait_s(n, None, None, NoJitter()) for n in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_waits_start_at_what_the_server_asks_for() -> None:
    assert [wait_s(n, 700, None, NoJitter()) for n in (1, 2, 3)] == [0.7, 1.4, 2.8]
    assert wait_s(1, 60_000, None, NoJitter()) == 60


@given(retry_ms=st.integers(0, 500), seed=st.integers())
def test_a_server_can_not_ask_for_waits_below_a_quarter_of_a_second(retry_ms: int, seed: int) -> None:
    assert wait_s(1, retry_ms, None, random.Random(seed)) >= 0.25


@given(
    failures=st.integers(1, 10_000),
    retry_ms=st.none() | st.integers(0, 10**12),
    retry_after_s=st.none() | st.floats(0, 10**9),
    seed=st.integers(),
)
def test_a_wait_is_at_least_the_requested_one_and_at_most_the_limit(
    failures: int, retry_ms: int | None, retry_after_s: float | None, seed: int
) -> None:
    wait = wait_s(failures, retry_ms, retry_after_s, random.Random(seed))

    assert min(retry_after_s or 0, 300) <= wait <= 301
