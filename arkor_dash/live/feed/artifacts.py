"""The artifacts that a run has saved, as its events list them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from arkor_dash.protocol.events import CheckpointSaved, Event, TrainingCancelled, TrainingCompleted
from arkor_dash.protocol.fields import replace_surrogates

NAME_LIMIT = 4_096
"""Characters. No file system accepts a longer path."""


@dataclass(frozen=True, slots=True)
class SavedArtifact:
    """A file or folder that a run has saved.

    `name` and `kind` are those that the source has sent, "" if it has sent none. `stage` is `checkpoint`, `final`, or
    `cancelled` for what a cancelled run has saved at its end. `step` is the checkpoint's, None for other stages.
    `at_ms` is the time of the event in Unix milliseconds.
    """

    name: str
    kind: str
    stage: str
    at_ms: float | None
    step: int | float | None = None
    size_bytes: int | None = None
    is_folder: bool = False


def saved_artifacts(event: Event) -> tuple[SavedArtifact, ...]:
    """The artifacts that an event names, in its order. An entry of an unknown form becomes one without a name."""
    match event:
        case CheckpointSaved(emitted_at_ms=at, step=step, artifacts=entries):
            return tuple(_parsed(entry, "checkpoint", at, step) for entry in entries)
        case TrainingCompleted(emitted_at_ms=at, artifacts=entries):
            return tuple(_parsed(entry, "final", at) for entry in entries)
        case TrainingCancelled(emitted_at_ms=at, artifacts=entries):
            return tuple(_parsed(entry, "cancelled", at) for entry in entries)
        case _:
            return ()


class ArtifactList:
    """The newest artifacts of a run, at most `limit`. Not thread-safe.

    An artifact that is saved again under the same name replaces the earlier one, and moves to the end.
    """

    def __init__(self, limit: int = 1_000) -> None:
        self._limit = limit
        self._saved: dict[object, SavedArtifact] = {}
        self._latest: tuple[SavedArtifact, ...] | None = ()

    def add(self, event: Event) -> None:
        for artifact in saved_artifacts(event):
            key = artifact.name or object()
            self._saved.pop(key, None)
            self._saved[key] = artifact
            if len(self._saved) > self._limit:
                del self._saved[next(iter(self._saved))]
            self._latest = None

    def snapshot(self) -> tuple[SavedArtifact, ...]:
        """The artifacts in the order in which they were saved; the same object until one is added."""
        if self._latest is None:
            self._latest = tuple(self._saved.values())
        return self._latest


def _parsed(entry: object, stage: str, at_ms: float | None, step: int | float | None = None) -> SavedArtifact:
    fields = entry if isinstance(entry, Mapping) else {"name": entry}
    size = fields.get("sizeBytes")
    return SavedArtifact(
        name=_text(fields.get("name")),
        kind=_text(fields.get("kind")),
        stage=stage,
        at_ms=at_ms,
        step=step,
        size_bytes=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        is_folder=fields.get("isFolder") is True,
    )


def _text(value: object) -> str:
    return replace_surrogates(value)[:NAME_LIMIT] if isinstance(value, str) else ""
