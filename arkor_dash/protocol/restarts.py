"""A run whose steps begin again: supervised fine-tuning and then DPO, or a script that counts each epoch from 1.

Its later steps are placed behind the earlier ones, so that both can be seen. A run that is resumed from a checkpoint
goes back too, but not to its start: there the last value of a step counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from .epochs import Epochs
from .events import CheckpointSaved, TrainingLog
from .metric_names import EPOCH, LOSS

HELD_EVENTS = 16
"""The most events that are held back. A run that reports its first step that often does not begin again."""
_LARGEST_EXACT = 2.0**53


@dataclass(frozen=True, slots=True)
class Restart:
    """The steps began again at `step` after `last_step`, for the `count`th time. The chart shows `step` at `at`."""

    at: float
    step: float
    last_step: float
    count: int = 1


class Placed(NamedTuple):
    """An event of the step `step`, which is kept at `at`. `is_newest`, `goes_back`: see `StepPlacer`."""

    at: float
    step: float
    event: TrainingLog | CheckpointSaved
    is_newest: bool = True
    goes_back: bool = False


@dataclass(slots=True)
class Part:
    """What is known of the steps since they last began again, or since the start.

    `first`, `highest` and `newest` are steps of reports, -∞ before the first, and `widest_gap` is that between two
    reports. `newest_ms` is the latest time of a report. `last_steps`: the highest step of each metric.
    """

    first: float = -math.inf
    highest: float = -math.inf
    newest: float = -math.inf
    widest_gap: float = 0.0
    newest_ms: float | None = None
    last_steps: dict[str, float] = field(default_factory=dict)
    epochs: Epochs = field(default_factory=Epochs)


class StepPlacer:
    """Finds where each report and checkpoint is kept. Not thread-safe.

    A report `goes_back` if its step is lower than that of the newest report, if it was emitted after it, and if it
    repeats: there are later values of its loss, or, in a run without a loss, of one of its metrics. A report with a
    lower step that does not go back does not become the newest one: it is an evaluation of an earlier step, or an
    event that was sent late.

    The steps begin again if a report goes back to the start: to step 1, to the first step of a run that reports every
    so many steps, or to a step that had an earlier epoch, as in a second training that reports less often. It can be
    a mere correction, so the next report decides: if it repeats a later step, the steps have begun again. Until then,
    events are held back.

    Attributes: offset: what is added to a step now. part: what is known since the offset was last raised.
    """

    def __init__(self) -> None:
        self.restart: Restart | None = None
        self.offset = 0.0
        self.part = Part()
        self._held: list[tuple[float, TrainingLog | CheckpointSaved]] = []

    @property
    def holds(self) -> bool:
        """Whether events are held back."""
        return bool(self._held)

    def place(self, step: float, event: TrainingLog | CheckpointSaved) -> list[Placed]:
        """The events to keep now, in order."""
        if self._held:
            held_step, held = self._held[0]
            if len(self._held) < HELD_EVENTS and (step == held_step or isinstance(event, CheckpointSaved)):
                self._held.append((step, event))
                return []
            is_later = held_step < step <= self.part.highest and _is_after(event, held.emitted_at_ms)
            released = self._release(is_restart=is_later and self._repeats(step, event))
            return [*released, *self.place(step, event)]
        if self._begins_again(step, event):
            self._held = [(step, event)]
            return []
        return [self._placed(step, event)]

    def finish(self) -> list[Placed]:
        """The events that are still held back: no further one comes."""
        return self._release(is_restart=False)

    def _begins_again(self, step: float, event: TrainingLog | CheckpointSaved) -> bool:
        # Without times, a stream in another order could not be told apart.
        if event.emitted_at_ms is None or self.part.newest_ms is None or not self._goes_back(step, event):
            return False
        is_start = is_first_step(step, self.part.first, self.part.widest_gap)
        return (is_start or self._has_later_epoch(step, event)) and can_follow(
            self.offset + self.part.highest, step
        )

    def _has_later_epoch(self, step: float, event: TrainingLog | CheckpointSaved) -> bool:
        epoch = event.metrics.get(EPOCH) if isinstance(event, TrainingLog) else None
        return epoch is not None and self.part.epochs.are_below(step, epoch)

    def _goes_back(self, step: float, event: TrainingLog | CheckpointSaved) -> bool:
        part = self.part
        return step < part.newest and _is_after(event, part.newest_ms) and self._repeats(step, event)

    def _repeats(self, step: float, event: TrainingLog | CheckpointSaved) -> bool:
        """Whether there is a value of this step or of a later one."""
        if not isinstance(event, TrainingLog):
            return False
        last_steps = self.part.last_steps
        names = (LOSS,) if LOSS in last_steps else tuple(event.metrics)
        return any(name in event.metrics and last_steps.get(name, -math.inf) >= step for name in names)

    def _release(self, *, is_restart: bool) -> list[Placed]:
        held, self._held = self._held, []
        if is_restart:
            step, last = held[0][0], self.part.highest
            self.offset += last if step > 0 else last + 1 - step
            count = self.restart.count + 1 if self.restart else 1
            self.restart = Restart(self.offset + step, step, last, count)
            self.part = Part()
        return [
            self._placed(step, event, begins_again=is_restart and not number)
            for number, (step, event) in enumerate(held)
        ]

    def _placed(
        self, step: float, event: TrainingLog | CheckpointSaved, *, begins_again: bool = False
    ) -> Placed:
        at, part = self.offset + step, self.part
        if not isinstance(event, TrainingLog):
            return Placed(at, step, event, is_newest=False)
        is_after = _is_after(event, part.newest_ms)
        goes_back = begins_again or self._goes_back(step, event)
        is_newest = goes_back or step > part.highest or (step >= part.newest and is_after)
        if is_newest:
            part.newest = step
        if step > part.highest:
            if part.first == -math.inf:
                part.first = step
            else:
                part.widest_gap = max(part.widest_gap, step - part.highest)
            part.highest = step
            if EPOCH in event.metrics:
                part.epochs.add(step, event.metrics[EPOCH])
        if step >= part.highest:
            part.last_steps.update(dict.fromkeys(event.metrics, step))
        else:
            for name in event.metrics:
                part.last_steps[name] = max(step, part.last_steps.get(name, step))
        if event.emitted_at_ms is not None and is_after:
            part.newest_ms = event.emitted_at_ms
        return Placed(at, step, event, is_newest, goes_back)


def is_first_step(step: float, first: float, widest_gap: float) -> bool:
    """Whether a run that reported `first` first, and then with gaps of up to `widest_gap`, may begin at that step."""
    return step <= max(1.0, min(first, widest_gap))


def can_follow(last: float, step: float) -> bool:
    """Whether the steps from `step` on can be placed behind `last` without becoming equal by rounding."""
    return abs(last) + abs(step) < _LARGEST_EXACT


def _is_after(event: TrainingLog | CheckpointSaved, at_ms: float | None) -> bool:
    """Whether the event was emitted at that time or later, as far as the times are known."""
    return event.emitted_at_ms is None or at_ms is None or event.emitted_at_ms >= at_ms
