"""The whole output of a run: from the source that keeps it, or from a copy on this machine."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from arkor_dash.errors import ExportError, JobNotFoundError, SourceUnavailableError
from arkor_dash.live.tracebacks import release_frames
from arkor_dash.protocol.exit_trailer import ExitTrailer
from arkor_dash.protocol.sizes import size_text
from arkor_dash.sources import Runner

FREE_KEPT_BYTES = 200_000_000
"""The free space that a copy leaves on its disk, for everything else on this machine."""
_PIECE = 256 * 1024
_ON_DISK = Path("/var/tmp")  # noqa: S108 - the file in it has no name
"""Unlike /tmp, it is never in memory. Source: file-hierarchy(7)."""


def printed_so_far(runner: Runner, job_id: str) -> int | None:
    """The number of bytes that a run has printed; None if the source does not say so.

    Raises: JobNotFoundError: the source has no output of the job. SourceError.
    """
    with runner.output(job_id) as stream:
        return stream.size_bytes


def kept_output(runner: Runner, job_id: str, size: int | None) -> Iterator[bytes]:
    """The first `size` bytes of a run's output, read from the source that keeps it. None: all until the run's end.

    Reconnects after a broken connection, as long as each connection delivers something.
    Raises: ExportError: the output was removed, or has become shorter. SourceError.
    """
    received = 0
    while size is None or received < size:
        before, trailer = received, ExitTrailer()
        broken: SourceUnavailableError | None = None
        try:
            with runner.output(job_id, received) as stream:
                for piece in stream:
                    output = trailer.feed(piece)
                    if size is not None and received + len(output) + len(trailer.held) >= size:
                        output = (output + trailer.held)[: size - received]
                    received += len(output)
                    if output:
                        yield output
                    if received == size:
                        return
            held, end = trailer.end()
            if end is not None:
                if size is not None:
                    raise ExportError(
                        f"The Studio holds only the first {size_text(received)} of {size_text(size)} of the output."
                    )
                yield held
                return
        except JobNotFoundError:
            raise ExportError("The Studio no longer keeps the output of this run.") from None
        except SourceUnavailableError as error:
            release_frames(error)
            broken = error
        if received == before:
            raise broken or SourceUnavailableError("The output ended too early.")


class OutputCopy:
    """A copy of a run's output in a temporary file, for a source that keeps none. Thread-safe.

    It ends where the disk would have less than `FREE_KEPT_BYTES` left. Every method may wait for the disk.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._folder = _folder()
        self._size = 0
        self._received = 0
        self._why_incomplete = ""
        self._readers = 0
        self._is_closed = False

    @property
    def problem(self) -> str | None:
        """Why the copy is incomplete, and how much of it there is; None if it is complete."""
        if not self._why_incomplete:
            return None
        held, printed = size_text(self._size), size_text(self._received)
        return f"The download holds only the first {held} of {printed} of the output. {self._why_incomplete}"

    @property
    def size(self) -> int:
        """The number of bytes that the copy holds."""
        return self._size

    def append(self, output: bytes) -> None:
        """Add the next bytes, unless earlier ones are missing."""
        with self._lock:
            self._received += len(output)
            if self._why_incomplete or self._is_closed:
                return
            try:
                self._write(output)
            except OSError as error:
                self._why_incomplete = f"The rest could not be written to the disk: {error.strerror}."

    def pieces(self, size: int) -> Iterator[bytes]:
        """The first `size` bytes. Raises: ExportError: the disk failed, or the copy was closed before the start."""
        self._begin_reading()
        position = 0
        try:
            while position < size and (piece := self._piece(position, min(_PIECE, size - position))):
                position += len(piece)
                yield piece
        finally:
            self._end_reading()

    def close(self) -> None:
        """Remove the file, once nobody reads it any more."""
        with self._lock:
            self._is_closed = True
            self._close_unread()

    def _begin_reading(self) -> None:
        with self._lock:
            if self._is_closed:
                raise ExportError("The output of this run is no longer kept.")
            self._readers += 1

    def _piece(self, position: int, length: int) -> bytes:
        with self._lock:  # for one piece at a time, so that the run's output is not held up
            if self._file is None:
                return b""
            try:
                self._file.seek(position)
                return self._file.read(length)
            except OSError as error:
                raise ExportError(f"The output could not be read from the disk: {error.strerror}.") from None

    def _end_reading(self) -> None:
        with self._lock:
            self._readers -= 1
            self._close_unread()

    def _close_unread(self) -> None:
        if self._is_closed and not self._readers and self._file is not None:
            self._file.close()

    def _write(self, output: bytes) -> None:
        if shutil.disk_usage(self._folder).free - len(output) < FREE_KEPT_BYTES:
            raise OSError(0, f"it has less than {size_text(FREE_KEPT_BYTES)} left")
        if self._file is None:
            # Unbuffered, so that a full disk fails here and not at a later read.
            self._file = tempfile.TemporaryFile(buffering=0, dir=self._folder)  # noqa: SIM115 - closed with the copy
        self._file.seek(self._size)
        rest = memoryview(output)
        while rest:
            written = self._file.write(rest)
            self._size += written
            rest = rest[written:]


def _folder() -> str:
    """A folder for temporary files, on a disk rather than in memory if possible."""
    with suppress(OSError):
        if "TMPDIR" not in os.environ and _ON_DISK.is_dir() and os.access(_ON_DISK, os.W_OK):
            return str(_ON_DISK)
    return tempfile.gettempdir()
