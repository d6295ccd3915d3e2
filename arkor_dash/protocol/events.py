"""Training events: one SSE frame in, one typed value out.

This is the only place that reads an event's JSON. Past it, a loss is a float or None.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from arkor_dash.errors import MalformedError

MESSAGE_LIMIT = 4_000
"""Characters of a log message that are kept; a frame may hold megabytes."""


@dataclass(frozen=True, slots=True)
class TrainingStarted:
    """`payload` is the frame's JSON as it came."""

    emitted_at_ms: float | None
    payload: str


@dataclass(frozen=True, slots=True)
class TrainingLog:
    """One report of the trainer. A value that was null, missing or not a number is None.

    `loss` and `eval_loss` may be NaN or infinite: that is news, and not the same as None.
    `samples_per_second` is in samples/s; `step` is finite.
    """

    emitted_at_ms: float | None
    step: int | float | None
    loss: float | None = None
    eval_loss: float | None = None
    learning_rate: float | None = None
    epoch: float | None = None
    samples_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    emitted_at_ms: float | None
    step: int | float | None
    artifacts: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingCompleted:
    emitted_at_ms: float | None
    artifacts: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingFailed:
    emitted_at_ms: float | None
    error: str
    step: int | float | None = None


@dataclass(frozen=True, slots=True)
class TrainingCancelled:
    """The run ended as it was asked to, which only the embedded Studio says; `error` is "" if nothing went wrong."""

    emitted_at_ms: float | None
    artifacts: tuple[object, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The stream is over for good."""

    emitted_at_ms: float | None = None


Event = (
    TrainingStarted
    | TrainingLog
    | CheckpointSaved
    | TrainingCompleted
    | TrainingFailed
    | TrainingCancelled
    | StreamEnd
)

EVENT_NAMES: Mapping[type[Event], str] = {
    TrainingStarted: "training.started",
    TrainingLog: "training.log",
    CheckpointSaved: "checkpoint.saved",
    TrainingCompleted: "training.completed",
    TrainingFailed: "training.failed",
    TrainingCancelled: "training.cancelled",
    StreamEnd: "end",
}
_KNOWN = frozenset(EVENT_NAMES.values())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_event(name: str, data: str) -> Event | None:
    """The event that a frame holds, or None for a frame that is of no concern here (`ping`, `status`, …).

    Raises: MalformedError: the data is not a JSON object, or a field is of a type that has no meaning.
    """
    if name not in _KNOWN:
        return None
    if name == "end":
        return StreamEnd()
    payload = _object(data)
    at = _time_ms(payload)
    match name:
        case "training.started":
            return TrainingStarted(at, data)
        case "training.log":
            return TrainingLog(
                at,
                _step(payload),
                loss=to_number(payload.get("loss")),
                eval_loss=to_number(payload.get("evalLoss")),
                learning_rate=_number(payload, "learningRate"),
                epoch=_number(payload, "epoch"),
                samples_per_second=_number(payload, "samplesPerSecond"),
            )
        case "checkpoint.saved":
            return CheckpointSaved(at, _step(payload), _list(payload, "artifacts"))
        case "training.completed":
            return TrainingCompleted(at, _list(payload, "artifacts"))
        case "training.cancelled":
            return TrainingCancelled(at, _list(payload, "artifacts"), _text(payload, "error"))
        case _:
            return TrainingFailed(at, _text(payload, "error"), _step(payload))


def message(event: Event) -> str:
    """The text that the event log shows beside the event's name, at most `MESSAGE_LIMIT` characters of it.

    Source: the message column of Arkor Studio's job page.
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
        case StreamEnd():
            text = ""
    if len(text) > MESSAGE_LIMIT:
        return f"{text[:MESSAGE_LIMIT]}… ({len(text):,} characters)"
    return text


def format_step(step: int | float | None) -> str:
    """A step as the log writes it: `7`, `7.5`, `1e+21` from there on, or `-` where there is none."""
    if step is None:
        return "-"
    return str(int(step)) if step == int(step) and abs(step) < 1e21 else repr(float(step))


def format_loss(loss: float) -> str:
    """Four decimals, or the word for what is not finite: `NaN`, `Infinity`, `-Infinity`."""
    if math.isnan(loss):
        return "NaN"
    if math.isinf(loss):
        return "Infinity" if loss > 0 else "-Infinity"
    return f"{loss:.4f}"


def parse_time(text: str) -> datetime | None:
    """An ISO 8601 time as an aware datetime (UTC where it names no zone), or None if it can't be read."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def utc_time(unix_ms: float) -> datetime | None:
    """The time in UTC, to the nearest millisecond, or None if it is not in the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(milliseconds=round(unix_ms))
    except (ValueError, OverflowError):  # NaN, and what no datetime can hold
        return None


def iso_ms(moment: datetime) -> str:
    """`2026-11-23T11:37:28.453Z`: UTC, to the millisecond, as every `timestamp` is written here."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_number(value: object) -> float | None:
    """A JSON number as a float (too large becomes infinite); None for anything else, `true` included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def sendable(text: str) -> str:
    """The text with `?` for each half of a surrogate pair: JSON can hold one, UTF-8 can't."""
    return text.encode("utf-8", "replace").decode()


def _object(data: str) -> dict[str, object]:
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"expected a JSON object, got {data[:80]!r}") from error
    if not isinstance(payload, dict):
        raise MalformedError(f"expected a JSON object, got {data[:80]!r}")
    return payload


def _time_ms(payload: Mapping[str, object]) -> float | None:
    moment = parse_time(_text(payload, "timestamp"))
    return None if moment is None else moment.timestamp() * 1000


def _step(payload: Mapping[str, object]) -> int | float | None:
    """Any finite number; the log has a sign of its own (`-`) for every other value."""
    value = payload.get("step")
    number = to_number(value)
    if number is None or not math.isfinite(number):
        return None
    return value if isinstance(value, int) else number


def _number(payload: Mapping[str, object], field: str) -> float | None:
    value = payload.get(field)
    if value is None:
        return None
    number = to_number(value)
    if number is None:
        raise _wrong_type(field, "a number", value)
    return number


def _text(payload: Mapping[str, object], field: str) -> str:
    value = payload.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong_type(field, "text", value)
    return sendable(value)


def _list(payload: Mapping[str, object], field: str) -> tuple[object, ...]:
    value = payload.get(field)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong_type(field, "a list", value)
    return tuple(value)


def _wrong_type(field: str, expected: str, value: object) -> MalformedError:
    return MalformedError(f"{field} should be {expected}, got {type(value).__name__}")
