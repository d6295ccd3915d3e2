"""A page that waits for the first events of a job is drawn with them, and never waits for what won't come."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

import pytest

from arkor_dash.live.feed import wait_for_first_events
from tests.servers import Answer, Request, json_answer, sse_answer
from tests.waiting import PATIENCE_S

from .test_reader import a_run, feeding


def test_the_first_events_have_arrived_after_the_wait() -> None:
    with feeding(lambda _: sse_answer(*a_run())) as (feed, _):
        wait_for_first_events(feed, PATIENCE_S)
        assert feed.has_events


@pytest.mark.parametrize("status", ["401 Unauthorized", "503 Service Unavailable"])
def test_a_stream_that_can_t_be_opened_is_not_waited_for(status: str) -> None:
    assert wait_ends(lambda _: json_answer({}, status), limit_s=10 * PATIENCE_S)


def test_a_stream_without_events_is_waited_for_as_long_as_allowed() -> None:
    end = Event()
    try:
        assert wait_ends(lambda _: sse_answer(b": ping\n\n", whole=False, hold=end), limit_s=0.1)
    finally:
        end.set()


def wait_ends(respond: Callable[[Request], Answer], limit_s: float) -> bool:
    with feeding(respond) as (feed, _):
        waiting = Thread(target=wait_for_first_events, args=(feed, limit_s), daemon=True)
        waiting.start()
        waiting.join(PATIENCE_S)
        return not waiting.is_alive()
