"""What of a growing list a viewer's browser still needs."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from .components import RowsPart

OVERLAP = 3
"""How often a row is sent: a browser in a hurry may pass over an update, and Streamlit may drop one."""


@dataclass(slots=True)
class Cursor:
    """How far one viewer's copy of a list has come.

    Each part begins where the viewer was `OVERLAP` updates ago, the first ones at the list's begin, so the browser
    can close small gaps by itself; for a larger one it asks, and `restart` makes the next part the whole list again.
    """

    list_id: str = field(default_factory=lambda: uuid4().hex)
    generation: object = None
    epoch: int = 0
    reached: deque[int] = field(default_factory=lambda: deque(maxlen=OVERLAP))

    def restart(self) -> None:
        self.epoch += 1
        self.reached.clear()

    def part(self, generation: object, head: int, rows: Sequence[Any]) -> RowsPart:
        """The next part of a list whose kept rows are `rows`, the first of them having number `head`.

        The last row that was sent is sent again, since the last line of an output may still change.
        """
        if generation != self.generation:
            self.generation = generation
            self.restart()
        total = head + len(rows)
        start = max(head, self.reached[0] - 1) if len(self.reached) == OVERLAP else head
        self.reached.append(total)
        return RowsPart(self.list_id, f"{generation}.{self.epoch}", head, start, total, rows[start - head :])
