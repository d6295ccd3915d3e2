"""What a reconnection brought back, and whether anything is missing; and when the job was last heard of."""

from __future__ import annotations

from dataclasses import dataclass, replace

SETTLED_MS = 5_000.0
"""An event that comes this long after the connection was opened is news, not part of the backlog."""
NAMED = 20
"""Missing ids that are kept by number."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """After the last reconnection: the events that came of the time without one, and what never came.

    `missing` counts ids that were skipped; None where the source's ids don't count one by one, so nobody can tell.
    `named` are the first of them.
    """

    at_ms: float
    events: int = 0
    missing: int | None = None
    named: tuple[int, ...] = ()


class Audit:
    """Follows the ids and the times of a stream through its interruptions. Times are Unix milliseconds."""

    def __init__(self) -> None:
        self.recovery: Recovery | None = None
        self.heard_at_ms: float | None = None
        self._opened_at_ms = 0.0
        self._behind_ms = 0.0
        self._last: int | None = None
        self._counts = True

    def opened(self, now_ms: float, *, again: bool) -> None:
        """A connection stands. `again`: it follows one that broke."""
        self._opened_at_ms = now_ms
        if again:
            self.recovery = Recovery(now_ms)

    def restarted(self) -> None:
        """The stream begins anew, with ids of its own."""
        self._last, self._counts = None, True

    def took(self, event_id: str | None, emitted_at_ms: float | None, now_ms: float) -> None:
        """An event came for the first time."""
        is_news = now_ms - self._opened_at_ms > SETTLED_MS
        if is_news and emitted_at_ms is not None:
            self._behind_ms = now_ms - emitted_at_ms
        known = emitted_at_ms is not None and emitted_at_ms <= now_ms
        self.heard_at_ms = emitted_at_ms if known and not is_news else now_ms
        skipped = self._skipped(event_id)
        if self.recovery is None:
            self._counts = self._counts and not skipped
            return
        before = emitted_at_ms is not None and emitted_at_ms + self._behind_ms < self.recovery.at_ms
        self.recovery = replace(
            self.recovery,
            events=self.recovery.events + before,
            missing=(self.recovery.missing or 0) + len(skipped) if self._counts else None,
            named=(*self.recovery.named, *skipped[:NAMED])[:NAMED] if self._counts else (),
        )

    def _skipped(self, event_id: str | None) -> range:
        """The ids between the last event's and this one's."""
        if event_id is None or not (event_id.isascii() and event_id.isdigit() and len(event_id) < 16):
            self._counts = False
            return range(0)
        number = int(event_id)
        last, self._last = self._last, number
        if last is not None and number <= last:
            self._counts = False
        return range(0) if last is None else range(last + 1, number)
