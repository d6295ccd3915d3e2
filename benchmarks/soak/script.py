"""The events of each job of the soak, which the server sends and a viewer checks."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

CHARACTERS = "é漢😀"
LONG_LINE = 1_000_000

COMPLETED, FAILED, CANCELLED = "completed", "failed", "cancelled"


@dataclass(frozen=True, slots=True)
class JobScript:
    """One job and all the events that it will send.

    `events` are pairs of name and data; `messages` are the texts that the event log must show for them.
    `steps_before[n]` is the number of losses among the first n events. `ids` is the form of the event ids: "numbers",
    "swapped" (numbers, of which each two are out of order), "words" or "none". `ending` is how the stream ends: with
    a terminal event and `end` ("both"), with one of them ("terminal", "end"), or with neither, so that only the job
    list shows the end ("polled"). `status` is the job's final status, `rate` its events per second.
    """

    number: int
    job_id: str
    events: tuple[tuple[str, str], ...]
    messages: tuple[str, ...]
    losses: npt.NDArray[np.float64]
    steps_before: npt.NDArray[np.int64]
    ids: str
    line_end: str
    ending: str
    status: str
    rate: float

    @property
    def duration_s(self) -> float:
        return len(self.events) / self.rate

    def event_id(self, index: int) -> str | None:
        """The id of the event at `index`, from 0; None if events have no ids."""
        match self.ids:
            case "numbers":
                return str(index + 1)
            case "swapped":
                return str((index ^ 1) + 1)
            case "words":
                return f"{self.job_id}-{index:x}"
        return None

    def index_after(self, event_id: str | None) -> int:
        """The index of the event after the one with that id; 0 without an id."""
        if not event_id or self.ids == "none":
            return 0
        if self.ids == "numbers":
            return int(event_id)
        if self.ids == "swapped":
            return ((int(event_id) - 1) ^ 1) + 1
        return int(event_id.rpartition("-")[2], 16) + 1


@lru_cache(maxsize=16)
def job_script(number: int, steps: int | None = None) -> JobScript:
    """The job of that number, with `steps` steps, or 300 to 1,200 of them."""
    rng = random.Random(number)
    count = rng.randint(300, 1_200) if steps is None else steps
    ending = rng.choices(["both", "terminal", "end", "polled"], [5, 2, 1, 2])[0]
    status = rng.choices([COMPLETED, FAILED, CANCELLED], [6, 2, 2])[0]
    if status == CANCELLED:
        ending = "polled"
    losses = np.round(np.array([rng.uniform(0.4, 3.0) for _ in range(count)]), 6)
    long_step = rng.randrange(count) if rng.random() < 0.2 else None
    described = _described_events(losses, long_step, status if ending in {"both", "terminal"} else None)
    return JobScript(
        number=number,
        job_id=f"soak_{number:06}",
        events=tuple((name, data) for name, data, _ in described),
        messages=tuple(message for *_, message in described),
        losses=losses,
        steps_before=np.cumsum([0, *(name == "training.log" for name, *_ in described)]),
        ids=rng.choices(["numbers", "words", "swapped", "none"], [6, 3, 2, 2])[0],
        line_end=rng.choices(["\n", "\r\n", "\r"], [4, 4, 1])[0],
        ending=ending,
        status=status,
        rate=rng.choice([4.0, 8.0, 12.0]),
    )


def _described_events(
    losses: npt.NDArray[np.float64], long_step: int | None, status: str | None
) -> list[tuple[str, str, str]]:
    """Name, data and message in the event log of every event."""
    started = json.dumps({"text": CHARACTERS, "n": [1, 2]}, ensure_ascii=False, indent=1)
    found = [("training.started", started, started)]
    for step, loss in enumerate(losses.tolist(), 1):
        payload: dict[str, object] = {"step": step, "loss": loss, "note": CHARACTERS}
        if step == long_step:
            payload["note"] = "x" * LONG_LINE
        found.append(
            ("training.log", json.dumps(payload, ensure_ascii=False), f"step={step} loss={loss:.4f}")
        )
        if step % 50 == 0:
            found.append(("checkpoint.saved", json.dumps({"step": step, "artifacts": []}), f"step={step}"))
    if status == COMPLETED:
        found.append(("training.completed", '{"artifacts": [{}]}', "1 artifact"))
    elif status == FAILED:
        error = f"Out of memory {CHARACTERS}"
        found.append(("training.failed", json.dumps({"error": error}, ensure_ascii=False), error))
    return found
