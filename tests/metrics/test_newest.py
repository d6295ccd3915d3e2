"""The newest of many items."""

from __future__ import annotations

from arkor_dash.metrics.newest import Newest


def test_the_newest_items_are_kept_in_order() -> None:
    newest: Newest[int] = Newest(3)
    newest.add(1)
    newest.add_many(2, lambda: [2, 3])
    assert list(newest.items()) == [1, 2, 3]
    newest.add(4)
    assert list(newest.items()) == [2, 3, 4]


def test_many_items_take_the_place_of_all_before_and_are_made_only_when_they_are_read() -> None:
    newest: Newest[int] = Newest(3)
    made: list[int] = []

    def make(first: int) -> list[int]:
        made.append(first)
        return list(range(first, first + 3))

    newest.add(0)
    newest.add_many(3, lambda: make(10))
    newest.add_many(3, lambda: make(20))
    assert not made
    assert list(newest.items()) == [20, 21, 22]
    newest.add(30)
    assert list(newest.items()) == [21, 22, 30]
    assert made == [20]


def test_nothing_is_left_of_many_items_after_they_were_cleared() -> None:
    newest: Newest[int] = Newest(1)
    newest.add_many(1, lambda: [1])
    newest.clear()
    assert not newest.items()
    newest.add(2)
    assert list(newest.items()) == [2]
