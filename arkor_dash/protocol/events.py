"""Training events: parses the data of an SSE frame into a typed event.

Only this module reads the JSON of events, and `metrics/reading.py` that of many reports at once. Everywhere else a
loss is a float or None.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from arkor_dash.errors import MalformedError

from .environment import EnvironmentRecorded, SystemMeasured, read_environment
from .fields import read_artifacts, read_error, read_metric, read_unix_ms, to_number
from .metric_names import LOSS, SYSTEM
from .metric_values import read_metrics

MESSAGE_LIMIT = 4_000
"""Characters of a log message that are shown. A frame can hold megabytes."""


@dataclass(frozen=True, slots=True)
class TrainingStarted:
    """The training has begun. `payload` is the JSON of the frame, unchanged."""

    emitted_at_ms: float | None
    payload: str


@dataclass(frozen=True, slots=True)
class TrainingLog:
    """The metrics of one step. `step` is finite.

    `metrics` has each number by the name of its metric (see `metric_names`), the losses included. It can be NaN or
    infinite, which the dashboard reports. `loss` and `eval_loss` are the numbers in the fields `loss` and `evalLoss`,
    which the event log shows; None if there is none.
    """

    emitted_at_ms: float | None
    step: int | float | None
    loss: float | None = None
    eval_loss: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A checkpoint was saved. `artifacts` are as `read_artifacts` returns them."""

    emitted_at_ms: float | None
    step: int | float | None
    artifacts: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingCompleted:
    """The training has succeeded. `artifacts` are as `read_artifacts` returns them."""

    emitted_at_ms: float | None
    artifacts: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingFailed:
    """The training has failed. `step` is the last one that was logged."""

    emitted_at_ms: float | None
    error: str
    step: int | float | None = None


@dataclass(frozen=True, slots=True)
class TrainingCancelled:
    """The training was cancelled. Only the embedded Studio sends this. `error` is "" if nothing went wrong."""

    emitted_at_ms: float | None
    artifacts: tuple[object, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The stream has ended. There is nothing more to read."""

    emitted_at_ms: float | None = None


Event = (
    TrainingStarted
    | TrainingLog
    | CheckpointSaved
    | TrainingCompleted
    | TrainingFailed
    | TrainingCancelled
    | EnvironmentRecorded
    | SystemMeasured
    | StreamEnd
)
Unlogged = EnvironmentRecorded | SystemMeasured
"""What a run records about itself. The event log does not show it, and it is no sign that the training goes on."""

EVENT_NAMES: Mapping[type[Event], str] = {
    TrainingStarted: "training.started",
    TrainingLog: "training.log",
    CheckpointSaved: "checkpoint.saved",
    TrainingCompleted: "training.completed",
    TrainingFailed: "training.failed",
    TrainingCancelled: "training.cancelled",
    EnvironmentRecorded: "training.environment",
    SystemMeasured: "training.system",
    StreamEnd: "end",
}
UNLOGGED_NAMES = frozenset({EVENT_NAMES[EnvironmentRecorded], EVENT_NAMES[SystemMeasured]})
_KNOWN = frozenset(EVENT_NAMES.values())


def parse_event(name: str, data: str) -> Event | None:
    """The event in an SSE frame, or None for a frame that is not an event of a training (`ping`, `status`, …).

    A field that can't be read is None or empty, and the rest of the event is kept; `fields` has the rules.
    Raises: MalformedError: the data is not a JSON object, or is nested too deeply to be parsed.
    """
    if name not in _KNOWN:
        return None
    if name == "end":
        return StreamEnd()
    payload = parse_object(data)
    at = read_unix_ms(payload.get("timestamp"))
    match name:
        case "training.started":
            return TrainingStarted(at, data)
        case "training.log":
            metrics = read_metrics(payload)
            has_loss = read_metric(payload.get("loss")) is not None
            return TrainingLog(
                at,
                read_step(payload.get("step")),
                loss=metrics[LOSS] if has_loss else None,
                eval_loss=read_metric(payload.get("evalLoss")),
                metrics=metrics,
            )
        case "checkpoint.saved":
            return CheckpointSaved(
                at, read_step(payload.get("step")), read_artifacts(payload.get("artifacts"))
            )
        case "training.completed":
            return TrainingCompleted(at, read_artifacts(payload.get("artifacts")))
        case "training.cancelled":
            return TrainingCancelled(
                at, read_artifacts(payload.get("artifacts")), read_error(payload.get("error"))
            )
        case "training.environment":
            return EnvironmentRecorded(at, read_environment(payload))
        case "training.system":
            found = read_metrics(payload)
            return SystemMeasured(at, {n: found[n] for n in found if n.startswith(f"{SYSTEM}/")})
        case _:
            return TrainingFailed(at, read_error(payload.get("error")), read_step(payload.get("step")))


def logged_values(payload: Mapping[str, object]) -> dict[str, float]:
    """The step in the payload of a `training.log`, as `step`, and then its metrics. Empty without a step."""
    step = read_step(payload.get("step"))
    return {} if step is None else {"step": float(step), **read_metrics(payload)}


def message(event: Event) -> str:
    """The text that the event log shows beside the event's name, cut to `MESSAGE_LIMIT` characters.

    Source: the message column on the job page of Arkor Studio.
    """
    match event:
        case TrainingStarted(payload=payload):
            text = payload
        case TrainingLog(step=step, loss=loss, eval_loss=eval_loss):
            text = f"step={format_step(step)}"
            if loss is not None:
                text += f" loss={format_loss(loss)}"
            if eval_loss is not None:
                text += f" evalLoss={format_loss(eval_loss)}"
        case CheckpointSaved(step=step):
            text = f"step={format_step(step)}"
        case TrainingCompleted(artifacts=artifacts) | TrainingCancelled(artifacts=artifacts, error=""):
            text = f"{len(artifacts)} artifact{'' if len(artifacts) == 1 else 's'}"
        case TrainingFailed(error=error) | TrainingCancelled(error=error):
            text = error
        case EnvironmentRecorded() | SystemMeasured() | StreamEnd():
            text = ""
    if len(text) > MESSAGE_LIMIT:
        return f"{text[:MESSAGE_LIMIT]}… ({len(text):,} characters)"
    return text


def format_step(step: int | float | None) -> str:
    """A step as the event log shows it: `7`, `7.5`, from 1e21 on `1e+21`, or `-` for None."""
    if step is None:
        return "-"
    return str(int(step)) if step == int(step) and abs(step) < 1e21 else repr(float(step))


def format_loss(loss: float) -> str:
    """The loss with four decimals, or `NaN`, `Infinity`, `-Infinity`."""
    if math.isnan(loss):
        return "NaN"
    if math.isinf(loss):
        return "Infinity" if loss > 0 else "-Infinity"
    return f"{loss:.4f}"


def parse_object(data: str) -> dict[str, object]:
    """The JSON object in the data of an event. Raises: MalformedError."""
    try:
        try:
            payload = json.loads(data)
        except ValueError:
            # Python refuses integers of more than 4,300 digits. As floats they are infinite.
            payload = json.loads(data, parse_int=float)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"expected a JSON object, got {data[:80]!r}") from error
    if not isinstance(payload, dict):
        raise MalformedError(f"expected a JSON object, got {data[:80]!r}")
    return payload


def read_step(value: object) -> int | float | None:
    """A finite JSON number; None for every other value, which the log shows as `-`."""
    number = to_number(value)
    if number is None or not math.isfinite(number):
        return None
    return value if isinstance(value, int) else number
