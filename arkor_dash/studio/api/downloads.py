"""Streams of a run's artifacts: a file as it is, a folder as an uncompressed tar archive."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from arkor_dash.protocol.files import open_regular

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Download:
    """`size_bytes` is None if it is not known in advance."""

    file_name: str
    pieces: Iterator[bytes]
    size_bytes: int | None


def open_download(root: Path, name: str) -> Download:
    """The file or folder `name` below `root`. A link is followed if it leads to a place below `root`.

    Raises: FileNotFoundError: there is no such file or folder, or a link leads outside.
    """
    try:
        real_root = root.resolve(strict=True)
        found = (real_root / name).resolve(strict=True)
    except (
        OSError,
        ValueError,
        RuntimeError,
    ) as error:  # a name that is too long or has a NUL, or a cycle of links
        raise FileNotFoundError(name) from error
    if found == real_root or not found.is_relative_to(real_root):
        raise FileNotFoundError(name)
    if found.is_dir():
        return Download(f"{found.name}.tar", _archive(found), None)
    file = open_regular(found)
    size = os.fstat(file.fileno()).st_size
    return Download(found.name, _content(file, size), size)


def _content(file: BinaryIO, size: int) -> Iterator[bytes]:
    """At most `size` bytes of the file. Closes it afterwards."""
    with file:
        while size > 0 and (piece := file.read(min(CHUNK_BYTES, size))):
            size -= len(piece)
            yield piece


def _archive(folder: Path) -> Iterator[bytes]:
    """A tar archive of the folder's regular files. Links are left out, since they may lead anywhere."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            try:
                file = open_regular(Path(place, name))
            except OSError:
                continue
            yield from _entry(file, Path(place, name).relative_to(folder.parent))
    yield tarfile.NUL * tarfile.BLOCKSIZE * 2


def _entry(file: BinaryIO, path: Path) -> Iterator[bytes]:
    status = os.fstat(file.fileno())
    entry = tarfile.TarInfo(path.as_posix())
    entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o600
    yield entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    left = entry.size
    for piece in _content(file, entry.size):
        left -= len(piece)
        yield piece
    # If the file became shorter in the meantime, zeros fill the size that its header states.
    while left > 0:
        yield bytes(min(CHUNK_BYTES, left))
        left -= CHUNK_BYTES
    yield bytes(-entry.size % tarfile.BLOCKSIZE)
