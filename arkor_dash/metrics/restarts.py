"""A run whose steps begin again: supervised fine-tuning and then DPO, or a script that counts each epoch from 1.

Its later steps are placed behind the earlier ones, so that both can be seen. A run that is resumed from a checkpoint
goes back too, but not to its start: there the last value of a step counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from arkor_dash.protocol.events import TrainingLog


@dataclass(frozen=True, slots=True)
class Restart:
    """The steps began again at `step` after `last_step`. The chart shows `step` at the place `at`."""

    at: float
    step: float
    last_step: float


class Placed(NamedTuple):
    """A report of the step `step`, which is kept at `at`."""

    at: float
    step: float
    report: TrainingLog


class StepPlacer:
    """Finds where each report is kept. Not thread-safe.

    The steps begin again if a report goes back to the start (to step 1, or to the first of a run that reports every
    so many steps) for a metric that has later ones, and if it was emitted after them. One such report can be a mere
    correction, so the next report decides: if it lies between the two, the steps have begun again. Until then the
    report is held back.
    """

    def __init__(self) -> None:
        self.restarts: list[Restart] = []
        self.offset = 0.0
        self._held: list[tuple[float, TrainingLog]] = []
        self._begin_part()

    def place(self, step: float, report: TrainingLog) -> list[Placed]:
        """The reports to keep now, in order."""
        if self._held:
            held_step, _ = self._held[0]
            if step == held_step:
                self._held.append((step, report))
                return []
            return [*self._release(is_restart=held_step < step <= self._newest), *self.place(step, report)]
        if self._may_begin_again(step, report):
            self._held = [(step, report)]
            return []
        return [self._placed(step, report)]

    def finish(self) -> list[Placed]:
        """The reports that are still held back: no further one comes."""
        return self._release(is_restart=False)

    def _begin_part(self) -> None:
        self._first = self._newest = 0.0
        self._newest_ms: float | None = None
        self._steps = 0
        self._last_steps: dict[str, float] = {}

    def _may_begin_again(self, step: float, report: TrainingLog) -> bool:
        if self._steps < 2 or step >= self._newest:
            return False
        spacing = (self._newest - self._first) / (self._steps - 1)
        if step > max(1.0, spacing) or report.emitted_at_ms is None or self._newest_ms is None:
            return False
        goes_back = any(self._last_steps.get(name, step) > step for name in report.metrics)
        return goes_back and report.emitted_at_ms >= self._newest_ms

    def _release(self, *, is_restart: bool) -> list[Placed]:
        held, self._held = self._held, []
        if is_restart:
            step, last = held[0][0], self._newest
            self.offset += last if step > 0 else last + 1 - step
            self.restarts.append(Restart(self.offset + step, step, last))
            self._begin_part()
        return [self._placed(step, report) for step, report in held]

    def _placed(self, step: float, report: TrainingLog) -> Placed:
        if not self._steps:
            self._first = self._newest = step
            self._steps = 1
        elif step > self._newest:
            self._newest = step
            self._steps += 1
        if step >= self._newest:
            self._last_steps.update(dict.fromkeys(report.metrics, step))
        else:
            for name in report.metrics:
                self._last_steps[name] = max(step, self._last_steps.get(name, step))
        emitted = report.emitted_at_ms
        if emitted is not None and (self._newest_ms is None or emitted > self._newest_ms):
            self._newest_ms = emitted
        return Placed(self.offset + step, step, report)
