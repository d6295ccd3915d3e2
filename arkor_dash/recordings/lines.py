"""The lines of a recording's file, unpacked as they are asked for, and never more of them than the limits allow."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from typing import BinaryIO

from arkor_dash.errors import RecordingError

MIB = 1024 * 1024
FILE_LIMIT = 100 * MIB
"""Bytes of a file; GitHub takes no larger one either."""
CONTENT_LIMIT = 512 * MIB
"""Bytes of all lines, unpacked: a million events are about half of it."""
LINE_LIMIT = 16 * MIB
"""Bytes of one line."""

_PIECE = 64 * 1024
_GZIP = b"\x1f\x8b"
_WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS


def lines(file: BinaryIO, name: str) -> Generator[tuple[int, bytes], None, None]:
    """The number of each line, from 1, and the line without its end; at least one. Closes the file at the end.

    Raises: RecordingError: the file is damaged, cut off or larger than a limit, with the line where that shows.
    """
    number = 1
    held: list[bytes] = []
    size = content = 0
    with file:
        pieces = _unpacked(_read(file))
        while True:
            try:
                piece = next(pieces)
            except StopIteration:
                break
            except (zlib.error, OSError, _UnusableError) as error:
                raise RecordingError(name, _problem(error), line=number) from None
            content += len(piece)
            if content > CONTENT_LIMIT:
                raise RecordingError(name, f"more than {CONTENT_LIMIT // MIB} MiB, unpacked", line=number)
            *ended, rest = piece.split(b"\n")
            for end in ended:
                yield number, b"".join([*held, end])
                held.clear()
                size = 0
                number += 1
            held.append(rest)
            size += len(rest)
            if size > LINE_LIMIT:
                raise RecordingError(name, f"a line of more than {LINE_LIMIT // MIB} MiB", line=number)
    if not content:
        raise RecordingError(name, "the file is empty")
    if size:
        raise RecordingError(name, "the file breaks off in the middle of a line", line=number)


class _UnusableError(Exception):
    """What is wrong with the bytes of a file."""


def _problem(error: Exception) -> str:
    match error:
        case _UnusableError():
            return str(error)
        case zlib.error():
            return "the file is damaged: it can't be unpacked from here on"
        case _:
            return "the file can't be read"


def _read(file: BinaryIO) -> Iterator[bytes]:
    size = 0
    while piece := file.read(_PIECE):
        size += len(piece)
        if size > FILE_LIMIT:
            raise _UnusableError(f"the file has more than {FILE_LIMIT // MIB} MiB")
        yield piece


def _unpacked(packed: Iterator[bytes]) -> Iterator[bytes]:
    """In pieces of at most `_PIECE` bytes, so that a small file can't become a large one in memory."""
    first = next(packed, b"")
    if not first.startswith(_GZIP):
        if first:
            yield first
        yield from packed
        return
    unpacker = zlib.decompressobj(wbits=_WITH_GZIP_HEADER)
    piece = first
    while piece:
        while True:
            unpacked = unpacker.decompress(piece, _PIECE)
            if unpacked:
                yield unpacked
            piece = unpacker.unconsumed_tail
            if unpacker.eof or (not piece and len(unpacked) < _PIECE):
                break
        if unpacker.eof and (unpacker.unused_data or next(packed, b"")):
            raise _UnusableError("the file goes on after the end of its gzip stream")
        piece = next(packed, b"")
    if not unpacker.eof:
        raise _UnusableError("the file breaks off before its end")
