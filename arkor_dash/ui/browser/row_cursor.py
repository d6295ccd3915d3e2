"""The rows of a list that one viewer's browser has not received yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from arkor_dash.live.parts import Data

OVERLAP = 3
"""How often a run of the script sends each row. A busy browser may skip an update, and Streamlit may drop one."""


@dataclass(frozen=True, slots=True)
class NumberedRows:
    """A list as it is now. Its rows have consecutive numbers, the first one is `head`.

    A later list has a higher `generation`. `version` grows with every change within it. `is_open`: the last row may
    still change. `row` makes the JSON value of a row.
    """

    generation: int
    version: int
    head: int
    rows: Sequence[Any]
    is_open: bool = False
    row: Callable[[Any], object] = lambda row: row

    @property
    def total(self) -> int:
        """The number after that of the newest row."""
        return self.head + len(self.rows)

    @property
    def cursor(self) -> Hashable:
        """Stands for the whole list as it is now."""
        return self.generation, self.version, self.total

    def after(self, cursor: Hashable | None) -> tuple[Data, Hashable] | None:
        """The rows for a browser that has those up to the cursor, and the next cursor; None if it has all."""
        start = self.head
        match cursor:
            case (self.generation, self.version, int()):
                return None
            case (self.generation, int(), int(total)):
                start = max(start, min(total, self.total) - self.is_open)
        return self.data(start), self.cursor

    def data(self, start: int) -> Data:
        """The rows from the number `start` on, as JSON values."""
        return {
            "generation": self.generation,
            "version": self.version,
            "head": self.head,
            "start": start,
            "rows": [self.row(each) for each in self.rows[start - self.head :]],
        }


@dataclass(slots=True)
class RowCursor:
    """How much of a list the runs of the script have sent to one viewer.

    Each update begins where the list ended `OVERLAP` updates ago; the first ones begin with the list. So the browser
    can miss an update or two. If it misses more, it requests the list, and `restart` makes the next update the whole
    list. `restarts` belongs to the view of the list: the browser then drops its copy.
    """

    list_id: str = field(default_factory=lambda: uuid4().hex)
    generation: int | None = None
    restarts: int = 0
    sent_totals: deque[int] = field(default_factory=lambda: deque(maxlen=OVERLAP))

    def restart(self) -> None:
        """Send the whole list again, in place of the browser's copy."""
        self.restarts += 1
        self.sent_totals.clear()

    def next_update(self, rows: NumberedRows) -> Data:
        """The next update, for the list as it is now. The last row that was sent is sent again if it may change."""
        if rows.generation != self.generation:
            self.generation = rows.generation
            self.sent_totals.clear()
        start = rows.head
        if len(self.sent_totals) == OVERLAP:
            start = max(start, min(self.sent_totals[0], rows.total) - rows.is_open)
        self.sent_totals.append(rows.total)
        return rows.data(start)
