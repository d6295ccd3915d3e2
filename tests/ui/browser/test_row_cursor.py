"""A viewer's copy of a growing list, brought up to date by parts of which some never arrive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.ui.browser.row_cursor import Cursor


class Browser:
    """What the page does with the parts, in Python."""

    def __init__(self) -> None:
        self.generation: str | None = None
        self.rows: dict[int, str] = {}
        self.next = 0

    def receive(self, part) -> bool:
        """Take a part in; False if something was missed."""
        if part.generation != self.generation:
            self.generation, self.rows, self.next = part.generation, {}, part.start
            complete = part.start == part.head
        elif part.start > self.next:
            return False
        else:
            complete = True
        self.rows.update({part.start + i: row for i, row in enumerate(part.rows)})
        self.next = max(self.next, part.start + len(part.rows))
        return complete


def test_the_first_part_is_the_whole_list():
    part = Cursor().part("a", 3, ["x", "y"])
    assert (part.head, part.start, part.total, list(part.rows)) == (3, 3, 5, ["x", "y"])


def test_a_quiet_list_costs_one_row_a_tick():
    cursor = Cursor()
    rows = [str(i) for i in range(100)]
    parts = [cursor.part("a", 0, rows) for _ in range(6)]
    assert [len(part.rows) for part in parts] == [100, 100, 100, 1, 1, 1]
    assert list(parts[5].rows) == ["99"]


def test_a_page_that_gets_only_the_second_or_third_part_has_the_whole_list():
    cursor, browser = Cursor(), Browser()
    parts = [cursor.part("a", 0, ["x", "y", "z"]) for _ in range(3)]
    assert browser.receive(parts[2])
    assert list(browser.rows.values()) == ["x", "y", "z"]


def test_a_new_generation_starts_the_list_anew():
    cursor = Cursor()
    first = cursor.part("a", 0, ["x"])
    second = cursor.part("b", 0, ["y"])
    assert first.generation != second.generation
    assert list(second.rows) == ["y"]


def test_a_restart_sends_everything_under_a_new_name():
    cursor = Cursor()
    first = cursor.part("a", 0, ["x", "y"])
    cursor.restart()
    second = cursor.part("a", 0, ["x", "y"])
    assert first.generation != second.generation
    assert second.start == 0


@given(
    st.lists(st.tuples(st.integers(0, 7), st.booleans()), min_size=1, max_size=40),
    st.integers(1, 30),
)
def test_whatever_is_lost_on_the_way_the_page_ends_with_the_whole_list(ticks, kept):
    cursor, browser = Cursor(), Browser()
    everything: list[str] = []
    for grown, lost in [*ticks, (0, False), (0, False)]:
        everything += [f"row {len(everything) + i}" for i in range(grown)]
        head = max(0, len(everything) - kept)
        part = cursor.part("a", head, everything[head:])
        if not lost and not browser.receive(part):
            cursor.restart()
    expected = {i: everything[i] for i in range(max(0, len(everything) - kept), len(everything))}
    assert expected.items() <= browser.rows.items()
