"""How often live pages are drawn."""

from __future__ import annotations

from arkor_dash.ui.turns import AWAY_S, PACES_S, Crowd


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def crowd_of(count: int) -> tuple[Crowd, Clock]:
    clock = Clock()
    crowd = Crowd(clock)
    for number in range(count):
        crowd.pace_s(f"viewer {number}")
    return crowd, clock


def test_the_more_viewers_the_less_often_each_is_drawn_for():
    few, _ = crowd_of(10)
    many, _ = crowd_of(50)
    too_many, _ = crowd_of(5_000)

    assert few.pace_s("viewer 0") == PACES_S[0]
    assert PACES_S[0] < many.pace_s("viewer 0") < 1.5
    assert too_many.pace_s("viewer 0") == PACES_S[-1]


def test_a_viewer_counts_once_and_no_more_when_gone():
    crowd, clock = crowd_of(50)
    assert crowd.pace_s("viewer 0") == crowd.pace_s("viewer 0")
    clock.now += AWAY_S
    assert crowd.pace_s("viewer 0") == PACES_S[0]


def test_one_who_comes_and_goes_changes_the_pace_for_nobody():
    crowd, clock = crowd_of(26)
    assert crowd.pace_s("viewer 0", PACES_S[0]) == PACES_S[0]
    slower = crowd.pace_s("viewer 26", PACES_S[0])
    assert slower == PACES_S[1]

    clock.now += AWAY_S
    for number in range(26):
        assert crowd.pace_s(f"viewer {number}", slower) in PACES_S[:2]
    assert crowd.pace_s("viewer 0", slower) == slower
    clock.now += AWAY_S
    assert crowd.pace_s("viewer 0", slower) == PACES_S[0]
