"""The rows of a list that one viewer's browser has not received yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from .rows import RowsUpdate

OVERLAP = 3
"""How often each row is sent. A busy browser may skip an update, and Streamlit may drop one."""


@dataclass(slots=True)
class RowCursor:
    """How much of a list has been sent to one viewer.

    Each update begins where the list ended `OVERLAP` updates ago; the first ones begin with the list. So the browser
    can miss an update or two. If it misses more, it requests the list, and `restart` makes the next update the whole
    list.
    """

    list_id: str = field(default_factory=lambda: uuid4().hex)
    generation: object = None
    restarts: int = 0
    sent_totals: deque[int] = field(default_factory=lambda: deque(maxlen=OVERLAP))

    def restart(self) -> None:
        """Send the whole list again, in place of the browser's copy."""
        self.restarts += 1
        self.sent_totals.clear()

    def next_update(self, generation: object, head: int, rows: Sequence[Any]) -> RowsUpdate:
        """The next update, for a list that now has `rows`, the first of which has the number `head`.

        A new `generation` is a new list. The last row that was sent is sent again: the last line of an output can
        still change.
        """
        if generation != self.generation:
            self.generation = generation
            self.restart()
        total = head + len(rows)
        start = max(head, self.sent_totals[0] - 1) if len(self.sent_totals) == OVERLAP else head
        self.sent_totals.append(total)
        return RowsUpdate(
            self.list_id, f"{generation}.{self.restarts}", head, start, total, rows[start - head :]
        )
