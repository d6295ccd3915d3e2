"""What one viewer's browser has received of a chart by runs of the page's script."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol

from arkor_dash.charts.growing_figure import Received

from .row_cursor import OVERLAP


class Growing(Protocol):
    """A chart whose points are added to it, such as `GrowingChart`."""

    view_id: str

    def message(self, received: Received | None) -> tuple[dict[str, Any], Received]:
        """As that of `GrowingFigure`."""


@dataclass(slots=True)
class ChartCursor:
    """How much of a chart has been sent to one viewer.

    Each message begins where the chart was `OVERLAP` messages ago, so the browser can miss one or two. If it misses
    more, it requests the chart, and `restart` makes the next message the whole one.
    """

    view_id: str = ""
    sent: deque[Received] = field(default_factory=lambda: deque(maxlen=OVERLAP))

    def restart(self) -> None:
        """Send the whole chart again."""
        self.sent.clear()

    def next_message(self, chart: Growing) -> tuple[dict[str, Any], Received]:
        """The next message of the chart, and what it makes the browser have."""
        if self.view_id != chart.view_id:
            self.view_id = chart.view_id
            self.restart()
        message, received = chart.message(self.sent[0] if len(self.sent) == OVERLAP else None)
        self.sent.append(received)
        return message, received
