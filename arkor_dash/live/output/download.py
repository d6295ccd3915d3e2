"""The whole output of a run as bytes: from the source that keeps it, or from a copy on this machine."""

from __future__ import annotations

import tempfile
import threading
from typing import IO

from arkor_dash.errors import ExportError, JobNotFoundError, SourceUnavailableError
from arkor_dash.live.tracebacks import release_frames
from arkor_dash.sources import Runner

DOWNLOAD_LIMIT = 100 * 1000 * 1000
"""The largest download in bytes. Streamlit holds a download in memory."""
_PIECE = 1024 * 1024


def kept_output(runner: Runner, job_id: str, size: int) -> bytes:
    """The first `size` bytes of a run's output, read from the source that keeps it.

    Reconnects after a broken connection, as long as each connection delivers something.
    Raises: ExportError: `size` is more than `DOWNLOAD_LIMIT`, or the output was removed. SourceError.
    """
    if size > DOWNLOAD_LIMIT:
        raise ExportError(
            f"The output is larger than {DOWNLOAD_LIMIT // 1_000_000:,} MB, which is too large to download here. "
            "The Studio keeps it on its disk, in the folder of the run."
        )
    content = bytearray()
    while len(content) < size:
        before = len(content)
        broken: SourceUnavailableError | None = None
        try:
            with runner.output(job_id, before) as pieces:
                for piece in pieces:
                    content += piece
                    if len(content) >= size:
                        break
        except JobNotFoundError:
            raise ExportError("The Studio no longer keeps the output of this run.") from None
        except SourceUnavailableError as error:
            release_frames(error)
            broken = error
        if len(content) == before:
            raise broken or SourceUnavailableError("The output ended too early.")
    return bytes(content[:size])


class OutputCopy:
    """A copy of a run's output in a temporary file, for a source that keeps none. Thread-safe.

    Holds the first `DOWNLOAD_LIMIT` bytes. `problem` says why the copy is incomplete, None if it is complete. Every
    method may wait for the disk.
    """

    def __init__(self) -> None:
        self.problem: str | None = None
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._size = 0
        self._is_closed = False

    def append(self, output: bytes) -> None:
        """Add the next bytes, unless earlier ones are missing."""
        with self._lock:
            if self.problem is not None or self._is_closed:
                return
            try:
                self._write(output[: DOWNLOAD_LIMIT - self._size])
            except OSError as error:
                self.problem = self._incomplete(f"It could not be written to the disk: {error.strerror}.")
            else:
                if self._size == DOWNLOAD_LIMIT:
                    self.problem = self._incomplete("No more is kept for a download.")

    def read(self) -> bytes:
        """The bytes so far. Raises: ExportError: the disk failed, or the copy was closed."""
        content = bytearray()
        while True:
            with self._lock:  # for one piece at a time, so that the run's output is not held up
                if self._is_closed:
                    raise ExportError("The output of this run is no longer kept.")
                if self._file is None or len(content) >= self._size:
                    return bytes(content)
                try:
                    self._file.seek(len(content))
                    piece = self._file.read(min(_PIECE, self._size - len(content)))
                except OSError as error:
                    raise ExportError(
                        f"The output could not be read from the disk: {error.strerror}."
                    ) from None
            if not piece:
                return bytes(content)
            content += piece

    def close(self) -> None:
        """Remove the file."""
        with self._lock:
            self._is_closed = True
            if self._file is not None:
                self._file.close()

    def _write(self, output: bytes) -> None:
        if self._file is None:
            # Unbuffered, so that a full disk fails here and not at a later read.
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it is closed with the copy
        self._file.seek(self._size)
        rest = memoryview(output)
        while rest:
            written = self._file.write(rest)
            self._size += written
            rest = rest[written:]

    def _incomplete(self, why: str) -> str:
        return f"The download holds only the first {self._size:,} bytes of the output. {why}"
