"""How a run has used its machine, over time."""

from __future__ import annotations

from arkor_dash.metrics.history import MetricHistory, Metrics
from arkor_dash.protocol.environment import SystemMeasured
from arkor_dash.protocol.events import TrainingLog


class SystemHistory:
    """The metrics of the group `system`. Their steps are seconds since the start of the run. Not thread-safe."""

    def __init__(self) -> None:
        self._metrics = MetricHistory()
        self._start_ms: float | None = None

    def append(self, event: SystemMeasured, started_at_ms: float | None) -> None:
        """Add a measurement. One without a time is left out. `started_at_ms`: the start, if it is known."""
        at_ms = event.emitted_at_ms
        if at_ms is None:
            return
        if self._start_ms is None:
            self._start_ms = at_ms if started_at_ms is None else started_at_ms
        seconds = (at_ms - self._start_ms) / 1000
        self._metrics.append(TrainingLog(at_ms, seconds, metrics=event.metrics))

    def snapshot(self) -> Metrics:
        """The metrics so far: the same object until the next measurement."""
        return self._metrics.snapshot()
