"""Which open pages have to be redrawn."""

from __future__ import annotations

import math

from arkor_dash.live import push
from arkor_dash.live.parts import Shared


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_page_is_stale_once_time_alone_has_changed_it() -> None:
    clock = Clock()
    watch = push.PageWatch("page", clock)
    watch.drawn(lambda _: 1, 1, due_in_s=5.0)
    assert not watch.is_stale(Shared())
    clock.now += 5.0
    assert watch.is_stale(Shared())
    watch.drawn(lambda _: 1, 1)
    clock.now = math.inf
    watch.drawn(lambda _: 1, 0)
    assert watch.is_stale(Shared())


def test_a_page_is_redrawn_less_often_the_more_viewers_it_has() -> None:
    assert push.redraw_interval_s(1) == push.redraw_interval_s(10) == push.REDRAW_INTERVALS_S[0]
    assert push.REDRAW_INTERVALS_S[0] < push.redraw_interval_s(50) < 1.5
    assert push.redraw_interval_s(5_000) == push.REDRAW_INTERVALS_S[-1]
