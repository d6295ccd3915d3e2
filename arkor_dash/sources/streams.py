"""The response bodies that a source returns: events, a run's output, a download."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

if TYPE_CHECKING:
    from arkor_dash.columns.stretch import Stretch


class Stream(Protocol):
    """A response body that is read piece by piece. The request is sent when the stream is entered.

    Entering raises SourceError for a response whose status is not a success. Iteration ends after a complete body.
    Iteration raises SourceUnavailableError if the connection breaks or the read timeout passes.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def close(self) -> None:
        """Close the connection. Any thread may call this at any time; a blocked reader returns at once."""


class EventStream(Stream, Protocol):
    """The server-sent events of one job."""

    @property
    def retry_ms(self) -> int | None:
        """The reconnect delay that the server asked for in a `retry:` field; None if it asked for none."""

    @property
    def has_data(self) -> bool:
        """Whether bytes have arrived that were not read yet."""

    def watch_silence(self, on_silence: Callable[[], None]) -> None:
        """Call `on_silence` in the reading thread each time nothing has arrived for the read timeout.

        Call this once the stream is entered. A silence is no error then. `on_silence` may raise to end the stream.
        """

    def reads(self) -> Iterator[Sequence[Frame]]:
        """The frames that have arrived together, at least one. A frame is never kept back for a later one."""

    def __iter__(self) -> Iterator[Frame]:
        """The same, one by one."""


class Frame(NamedTuple):
    """One block of an event stream.

    `id` is the block's own id, None if it has none. An empty one clears the id to resume from.
    A block without data, such as a comment, has the name "". It is a keep-alive, not an event.
    """

    id: str | None
    name: str
    data: str


class StretchStream(Stream, Protocol):
    """Finished stretches of the events of one job, in order and without a gap."""

    @property
    def last_id(self) -> int | None:
        """The id of the job's last event when the stream was entered; None if the source does not say.

        A hint that nothing checks. The stretches may end earlier.
        """

    def __iter__(self) -> Iterator[Stretch]:
        """Raises: BadAnswerError: a stretch is damaged, too large or cut off."""


class RunOutput(Stream, Protocol):
    """The bytes that a run prints, then the exit trailer `\\n---\\nexit=<code>\\n`."""

    @property
    def job_id(self) -> str | None:
        """The id of the run's job, known once the stream is entered; None if the source does not say."""

    @property
    def pid(self) -> int | None:
        """The process id of a new run, as the source counts; None if it does not say."""

    @property
    def size_bytes(self) -> int | None:
        """All that the run had printed when the stream was entered; None if the source does not say."""

    def __iter__(self) -> Iterator[bytes]: ...


class Download(Stream, Protocol):
    """The bytes of an artifact: the file, or a tar archive of the folder."""

    def __iter__(self) -> Iterator[bytes]: ...
