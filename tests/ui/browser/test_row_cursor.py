"""A viewer's copy of a list, kept up to date although some updates never arrive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.ui.browser.row_cursor import NumberedRows, RowCursor


def rows(*texts: str, generation: int = 1, head: int = 0, version: int = 1) -> NumberedRows:
    return NumberedRows(generation, version, head, texts, is_open=True)


class Browser:
    """The JavaScript that applies updates, in Python."""

    def __init__(self) -> None:
        self.view: object = None
        self.rows: dict[int, str] = {}
        self.next = 0

    def receive(self, view: object, update) -> bool:
        """Apply an update; returns False if an earlier one was missed."""
        if (view, update["generation"]) != self.view:
            self.view, self.rows, self.next = (view, update["generation"]), {}, update["start"]
            complete = update["start"] == update["head"]
        elif update["start"] > self.next:
            return False
        else:
            complete = True
        self.rows.update({update["start"] + i: row for i, row in enumerate(update["rows"])})
        self.next = max(self.next, update["start"] + len(update["rows"]))
        return complete


def test_the_first_update_is_the_whole_list():
    update = RowCursor().next_update(rows("x", "y", head=3))
    assert (update["head"], update["start"], update["rows"]) == (3, 3, ["x", "y"])


def test_an_unchanged_list_is_one_row_per_update():
    cursor = RowCursor()
    numbered = rows(*(str(i) for i in range(100)))
    updates = [cursor.next_update(numbered)["rows"] for _ in range(6)]
    assert [len(update) for update in updates] == [100, 100, 100, 1, 1, 1]
    assert updates[5] == ["99"]


def test_a_browser_that_gets_only_the_third_update_has_the_whole_list():
    cursor, browser = RowCursor(), Browser()
    updates = [cursor.next_update(rows("x", "y", "z")) for _ in range(3)]
    assert browser.receive(0, updates[2])
    assert list(browser.rows.values()) == ["x", "y", "z"]


def test_a_new_generation_replaces_the_list():
    cursor = RowCursor()
    cursor.next_update(rows("x"))
    second = cursor.next_update(rows("y", generation=2))
    assert (second["generation"], second["start"], second["rows"]) == (2, 0, ["y"])


def test_a_restart_sends_every_row():
    cursor = RowCursor()
    for _ in range(5):
        cursor.next_update(rows("x", "y"))
    cursor.restart()
    assert cursor.next_update(rows("x", "y"))["start"] == 0


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
        update = cursor.next_update(rows(*everything[head:], head=head))
        if not lost and not browser.receive(cursor.restarts, update):
            cursor.restart()
    expected = {i: everything[i] for i in range(max(0, len(everything) - kept), len(everything))}
    assert expected.items() <= browser.rows.items()


@given(st.lists(st.integers(0, 7), min_size=1, max_size=20), st.integers(1, 30))
def test_a_connection_that_goes_on_from_its_cursor_delivers_every_row_that_is_kept(ticks, kept):
    cursor, received, everything = None, {}, []
    for version, added in enumerate(ticks):
        everything += [f"row {len(everything) + i}" for i in range(added)]
        head = max(0, len(everything) - kept)
        update = NumberedRows(1, version, head, everything[head:]).after(cursor)
        data, cursor = update
        received |= {data["start"] + i: row for i, row in enumerate(data["rows"])}
    assert dict(enumerate(everything[head:], head)).items() <= received.items()


def test_a_connection_is_sent_nothing_while_the_list_is_unchanged():
    _, cursor = rows("x").after(None)
    assert rows("x").after(cursor) is None


def test_a_connection_is_sent_the_last_line_again_when_that_has_changed():
    _, cursor = rows("one", "two").after(None)
    data, _ = rows("one", "2", version=2).after(cursor)
    assert (data["start"], data["rows"]) == (1, ["2"])
