"""The events of a recording as an event stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from arkor_dash.errors import RecordingError
from arkor_dash.recordings.format import RecordedEvent, Recording
from arkor_dash.recordings.storage import Storage

from .streams import Frame

FRAMES_READ = 500
"""Events that are handed on together."""


class RecordedStream:
    """An EventStream of a recording's events with their ids, and then `end`.

    It starts after the event whose id is `last_event_id`, or with the first event if no event has that id.
    Args: on_read: called after the last event with None, or with the error that ended the stream.
    """

    retry_ms: int | None = None

    def __init__(
        self,
        storage: Storage,
        name: str,
        last_event_id: str | None,
        on_read: Callable[[RecordingError | None], None],
    ) -> None:
        self._after = last_event_id
        self._storage = storage
        self._name = name
        self._on_read = on_read
        self._closed = False
        self._recording: Recording | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._recording is not None:
            self._recording.close()

    def close(self) -> None:
        self._closed = True

    @property
    def has_data(self) -> bool:
        return True

    def watch_silence(self, on_silence: Callable[[], None]) -> None:
        """A file is never silent."""

    def reads(self) -> Iterator[Sequence[Frame]]:
        read: list[Frame] = []
        try:
            for frame in self:
                read.append(frame)
                if len(read) == FRAMES_READ:
                    yield read
                    read = []
        except RecordingError:
            if read:
                yield read
            raise
        if read:
            yield read

    def __iter__(self) -> Iterator[Frame]:
        try:
            for event in self._remaining_events():
                if self._closed:
                    return
                yield Frame(event.id, event.name, event.data)
        except RecordingError as error:
            self._on_read(error)
            raise
        self._on_read(None)
        yield Frame(None, "end", "{}")

    def _remaining_events(self) -> Iterator[RecordedEvent]:
        last = self._after
        skipping = last is not None and any(event.id == last for event in self._all_events())
        for event in self._all_events():
            if not skipping:
                yield event
            elif event.id == last:
                skipping = False

    def _all_events(self) -> Iterator[RecordedEvent]:
        if self._recording is not None:
            self._recording.close()
        self._recording = Recording(self._storage.open(self._name), self._name)
        return iter(self._recording)
