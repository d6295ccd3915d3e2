"""Parses the bodies that a trainer sends: a job's description, and batches of events."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise

from arkor_dash.protocol.events import (
    EVENT_NAMES,
    CheckpointSaved,
    StreamEnd,
    TrainingCancelled,
    TrainingCompleted,
    TrainingFailed,
    TrainingLog,
    logged_values,
)
from arkor_dash.protocol.fields import read_artifacts, read_error, read_time, to_number
from arkor_dash.studio.errors import RequestError
from arkor_dash.studio.storage.formats import NESTING_LIMIT, clean, clean_name, is_too_deep, json_line
from arkor_dash.studio.storage.records import Artifact, NewEvent

EVENT_LIMIT = 8 * 1024 * 1024
"""Largest size of one event's data as JSON, in bytes."""
CONFIG_LIMIT = 64 * 1024
"""Largest size of a job's config as JSON, in bytes. The list of jobs holds the config of each job."""
ERROR_LIMIT = 20_000
ARTIFACT_LIMIT = 10_000
LARGEST = 2**63 - 1
"""The largest number that a column of the database can hold."""
_EVENT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_REPORTING = frozenset(EVENT_NAMES[kind] for kind in (CheckpointSaved, TrainingCompleted, TrainingCancelled))


def parse_description(body: bytes) -> tuple[str, str]:
    """A job's name, cleaned, and its config, a JSON object as text.

    Raises: RequestError: 400 for a body of another form, 413 for a config larger than `CONFIG_LIMIT`.
    """
    return _description(read_object(body))


def parse_opening(body: bytes) -> tuple[str, str, bool]:
    """As `parse_description`, and whether the script sends what it prints."""
    payload = read_object(body)
    return *_description(payload), payload.get("output") is True


def parse_start(body: bytes) -> str | None:
    """The config values that override the trainer's own, a JSON object as text; None if there are none.

    An empty body counts as one without a config.
    Raises: RequestError: as `parse_description`.
    """
    return _config(read_object(body)) if body.strip() else None


def read_object(body: bytes) -> dict[str, object]:
    """The JSON object that is the body. Raises: RequestError: 400 for anything else."""
    return _object(_json(body), "the body")


def _description(payload: Mapping[str, object]) -> tuple[str, str]:
    name = payload.get("name")
    if not isinstance(name, str) or not name.strip():
        raise RequestError(400, "name should be a non-empty text")
    return clean_name(name), _config(payload) or "{}"


def _config(payload: Mapping[str, object]) -> str | None:
    config = payload.get("config")
    if config is None:
        return None
    line = json_line(_object(config, "config"))
    if len(line.encode()) > CONFIG_LIMIT:
        raise RequestError(413, f"config has more than {CONFIG_LIMIT} bytes")
    return line


def parse_batch(body: bytes) -> tuple[NewEvent, ...]:
    """The events of a batch. Their `seq` rise by one.

    Raises: RequestError: 400 for a body of another form, 413 for an event larger than `EVENT_LIMIT`.
    """
    entries = read_object(body).get("events")
    if not isinstance(entries, list):
        raise RequestError(400, "events should be a list")
    received_at = datetime.now(UTC)
    events = tuple(_event(entry, received_at) for entry in entries)
    for before, after in pairwise(events):
        if after.seq != before.seq + 1:
            raise RequestError(400, f"seq should rise by one, but {after.seq} follows {before.seq}")
    return events


def _event(entry: object, received_at: datetime) -> NewEvent:
    fields = _object(entry, "an event")
    seq, name = fields.get("seq"), fields.get("event")
    if isinstance(seq, bool) or not isinstance(seq, int) or not 1 <= seq <= LARGEST:
        raise RequestError(400, "seq should be a whole number, 1 or more")
    if not isinstance(name, str) or not _EVENT_NAME.fullmatch(name) or name == EVENT_NAMES[StreamEnd]:
        raise RequestError(400, f"event {seq} should have a name such as training.log")
    data = _object(fields.get("data"), f"the data of event {seq}")
    line = json_line(data)
    if len(line) > EVENT_LIMIT // 4 and len(line.encode()) > EVENT_LIMIT:
        raise RequestError(413, f"event {seq} has more than {EVENT_LIMIT} bytes")
    emitted_at = read_time(data.get("timestamp")) or received_at
    return NewEvent(
        seq,
        name,
        line,
        emitted_at,
        error=_error(name, data),
        artifacts=_artifacts(data, emitted_at) if name in _REPORTING else (),
        values=logged_values(data) if name == EVENT_NAMES[TrainingLog] else {},
    )


def _error(name: str, data: Mapping[str, object]) -> str | None:
    """The error that an event reports: "" for a failure without a text, None for events without an error."""
    error = data.get("error")
    text = clean(error if isinstance(error, str) else read_error(error))[:ERROR_LIMIT]
    if name == EVENT_NAMES[TrainingCancelled]:
        return text or None
    return text if name == EVENT_NAMES[TrainingFailed] else None


def _artifacts(data: Mapping[str, object], created_at: datetime) -> tuple[Artifact, ...]:
    """The artifacts that an event names. Entries that are not objects are ignored."""
    entries = read_artifacts(data.get("artifacts"))
    step = to_number(data.get("step"))
    if step is not None and not math.isfinite(step):
        step = None
    return tuple(
        Artifact(
            kind=_text(entry.get("kind")) or "artifact",
            name=_text(entry.get("name")),
            created_at=created_at,
            step=step,
            size_bytes=_size(entry.get("sizeBytes")),
        )
        for entry in entries[:ARTIFACT_LIMIT]
        if isinstance(entry, dict)
    )


def _text(value: object) -> str:
    return clean_name(value) if isinstance(value, str) else ""


def _size(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        return None
    return value


def _json(body: bytes) -> object:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, "the body should be JSON") from error
    if is_too_deep(payload):
        raise RequestError(400, f"the body should be nested at most {NESTING_LIMIT} levels deep")
    return payload


def _object(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise RequestError(400, f"{what} should be a JSON object")
    return value
