"""A viewer's copy of a list, kept up to date although some updates never arrive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.ui.browser.row_cursor import RowCursor


class Browser:
    """The JavaScript that applies updates, in Python."""

    def __init__(self) -> None:
        self.generation: str | None = None
        self.rows: dict[int, str] = {}
        self.next = 0

    def receive(self, update) -> bool:
        """Apply an update; returns False if an earlier one was missed."""
        if update.generation != self.generation:
            self.generation, self.rows, self.next = update.generation, {}, update.start
            complete = update.start == update.head
        elif update.start > self.next:
            return False
        else:
            complete = True
        self.rows.update({update.start + i: row for i, row in enumerate(update.rows)})
        self.next = max(self.next, update.start + len(update.rows))
        return complete


def test_the_first_update_is_the_whole_list():
    update = RowCursor().next_update("a", 3, ["x", "y"])
    assert (update.head, update.start, update.total, list(update.rows)) == (3, 3, 5, ["x", "y"])


def test_an_unchanged_list_is_one_row_per_update():
    cursor = RowCursor()
    rows = [str(i) for i in range(100)]
    updates = [cursor.next_update("a", 0, rows) for _ in range(6)]
    assert [len(update.rows) for update in updates] == [100, 100, 100, 1, 1, 1]
    assert list(updates[5].rows) == ["99"]


def test_a_browser_that_gets_only_the_third_update_has_the_whole_list():
    cursor, browser = RowCursor(), Browser()
    updates = [cursor.next_update("a", 0, ["x", "y", "z"]) for _ in range(3)]
    assert browser.receive(updates[2])
    assert list(browser.rows.values()) == ["x", "y", "z"]


def test_a_new_generation_replaces_the_list():
    cursor = RowCursor()
    first = cursor.next_update("a", 0, ["x"])
    second = cursor.next_update("b", 0, ["y"])
    assert first.generation != second.generation
    assert list(second.rows) == ["y"]


def test_a_restart_sends_every_row_as_a_new_generation():
    cursor = RowCursor()
    first = cursor.next_update("a", 0, ["x", "y"])
    cursor.restart()
    second = cursor.next_update("a", 0, ["x", "y"])
    assert first.generation != second.generation
    assert second.start == 0


@given(
    st.lists(st.tuples(st.integers(0, 7), st.booleans()), min_size=1, max_size=40),
    st.integers(1, 30),
)
def test_the_browser_ends_with_the_whole_list_whichever_updates_are_lost(ticks, kept):
    cursor, browser = RowCursor(), Browser()
    everything: list[str] = []
    for added, lost in [*ticks, (0, False), (0, False)]:
        everything += [f"row {len(everything) + i}" for i in range(added)]
        head = max(0, len(everything) - kept)
        update = cursor.next_update("a", head, everything[head:])
        if not lost and not browser.receive(update):
            cursor.restart()
    expected = {i: everything[i] for i in range(max(0, len(everything) - kept), len(everything))}
    assert expected.items() <= browser.rows.items()
