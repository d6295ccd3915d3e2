"""The lines of a recording file, decompressed one by one within fixed limits of size."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Generator
from typing import BinaryIO

from arkor_dash.errors import RecordingError

MIB = 1024 * 1024
FILE_LIMIT = 100 * MIB
"""The most bytes of a file. GitHub has the same limit."""
CONTENT_LIMIT = 512 * MIB
"""The most bytes of all lines, decompressed. A million events take about half of it."""
LINE_LIMIT = 16 * MIB
"""The most bytes of one line."""

_BUFFER = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_SIZE_BYTES = 4


def lines(file: BinaryIO, name: str) -> Generator[tuple[int, bytes], None, None]:
    """The lines, at least one, each with its number from 1 and without its line end. Closes the file.

    Never holds more than one line, so that a small file can't fill the memory.
    Raises: RecordingError: the file is damaged, incomplete or over a limit. It names the line, if there is one.
    """
    with file:
        raw = _LimitedFile(file, name)
        buffered = io.BufferedReader(raw, _BUFFER)
        is_gzip = buffered.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC)
        content: io.BufferedIOBase = gzip.GzipFile(fileobj=buffered, mode="rb") if is_gzip else buffered
        number = 1
        size = 0
        while line := _next_line(content, name, number):
            size += len(line)
            if size > CONTENT_LIMIT:
                raise RecordingError(
                    name, f"the content has more than {CONTENT_LIMIT // MIB} MiB", line=number
                )
            yield number, line[:-1]
            number += 1
        if not size:
            raise RecordingError(name, "the file is empty")
        if is_gzip and raw.tail != size.to_bytes(_GZIP_SIZE_BYTES, "little"):
            raise RecordingError(name, "the file goes on after the end of its gzip stream", line=number)


def _next_line(content: io.BufferedIOBase, name: str, number: int) -> bytes:
    """The next line with its line end; empty at the end of the file."""
    try:
        line = content.readline(LINE_LIMIT + 1)
    except EOFError:
        raise RecordingError(name, "the file ends in the middle of its gzip stream", line=number) from None
    except (zlib.error, gzip.BadGzipFile):
        raise RecordingError(name, "the file is damaged from here on", line=number) from None
    if line and not line.endswith(b"\n"):
        if len(line) > LINE_LIMIT:
            raise RecordingError(name, f"a line has more than {LINE_LIMIT // MIB} MiB", line=number)
        raise RecordingError(name, "the file ends in the middle of a line", line=number)
    return line


class _LimitedFile(io.RawIOBase):
    """Reads a file up to FILE_LIMIT. `tail`: the last bytes read so far; a gzip stream ends with its size."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.tail = b""
        self._file = file
        self._name = name
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            piece = self._file.read(len(buffer))
        except OSError:
            raise RecordingError(self._name, "the file can't be read") from None
        self._size += len(piece)
        if self._size > FILE_LIMIT:
            raise RecordingError(self._name, f"the file has more than {FILE_LIMIT // MIB} MiB")
        buffer[: len(piece)] = piece
        self.tail = (self.tail + piece[-_GZIP_SIZE_BYTES:])[-_GZIP_SIZE_BYTES:]
        return len(piece)
