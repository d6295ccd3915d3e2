"""What each job of the soak says: the same for the server that sends it and for the viewer that checks it."""

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
class Script:
    """One job. `events` are (name, data), `messages` what the log has to show for each of them.

    `ids`: "numbers", "words" or "none". `ending`: what the stream says at the end: a terminal event and `end`
    ("both"), one of them ("terminal", "end"), or nothing, so that only polling tells ("polled").
    `status` is the one that the list has in the end. `rate`: events in a second.
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
        """The id of the event at `index`, counted from 0; None where events have none."""
        match self.ids:
            case "numbers":
                return str(index + 1)
            case "words":
                return f"{self.job_id}-{index:x}"
        return None

    def index_after(self, event_id: str | None) -> int:
        """Where the stream goes on after that id; 0 for none."""
        if not event_id or self.ids == "none":
            return 0
        if self.ids == "numbers":
            return int(event_id)
        return int(event_id.rpartition("-")[2], 16) + 1


@lru_cache(maxsize=16)
def script(number: int, steps: int | None = None) -> Script:
    """The job of that number, of `steps` steps or of as many as chance says."""
    chance = random.Random(number)
    count = chance.randint(300, 1_200) if steps is None else steps
    ending = chance.choices(["both", "terminal", "end", "polled"], [5, 2, 1, 2])[0]
    status = chance.choices([COMPLETED, FAILED, CANCELLED], [6, 2, 2])[0]
    if status == CANCELLED:
        ending = "polled"
    losses = np.round(np.array([chance.uniform(0.4, 3.0) for _ in range(count)]), 6)
    long_step = chance.randrange(count) if chance.random() < 0.2 else None
    told = _told(losses, long_step, status if ending in {"both", "terminal"} else None)
    return Script(
        number=number,
        job_id=f"soak_{number:06}",
        events=tuple((name, data) for name, data, _ in told),
        messages=tuple(message for *_, message in told),
        losses=losses,
        steps_before=np.cumsum([0, *(name == "training.log" for name, *_ in told)]),
        ids=chance.choices(["numbers", "words", "none"], [6, 3, 2])[0],
        line_end=chance.choices(["\n", "\r\n", "\r"], [4, 4, 1])[0],
        ending=ending,
        status=status,
        rate=chance.choice([4.0, 8.0, 12.0]),
    )


def _told(
    losses: npt.NDArray[np.float64], long_step: int | None, status: str | None
) -> list[tuple[str, str, str]]:
    """(name, data, message of the log) of every event."""
    started = json.dumps({"text": CHARACTERS, "n": [1, 2]}, ensure_ascii=False, indent=1)
    told = [("training.started", started, started)]
    for step, loss in enumerate(losses.tolist(), 1):
        payload: dict[str, object] = {"step": step, "loss": loss, "note": CHARACTERS}
        if step == long_step:
            payload["note"] = "x" * LONG_LINE
        told.append(("training.log", json.dumps(payload, ensure_ascii=False), f"step={step} loss={loss:.4f}"))
        if step % 50 == 0:
            told.append(("checkpoint.saved", json.dumps({"step": step, "artifacts": []}), f"step={step}"))
    if status == COMPLETED:
        told.append(("training.completed", '{"artifacts": [{}]}', "1 artifact"))
    elif status == FAILED:
        error = f"Out of memory {CHARACTERS}"
        told.append(("training.failed", json.dumps({"error": error}, ensure_ascii=False), error))
    return told
