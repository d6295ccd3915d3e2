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
LEFT_OUT = "LEFT-OUT.txt"
LEFT_OUT_TEXT = "These are not in the archive: links, and files and folders that the Studio could not read."


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
    """A tar archive of the folder's regular files. Links are left out, since they may lead anywhere.

    If anything is left out, the last entry is a text that names it.
    """
    left_out: list[Path] = []

    def unreadable(error: OSError) -> None:
        left_out.append(Path(error.filename))

    for place, folders, names in os.walk(folder, onerror=unreadable):
        left_out += [Path(place, name) for name in sorted(folders) if Path(place, name).is_symlink()]
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            try:
                file = open_regular(path)
            except OSError:
                left_out.append(path)
            else:
                yield from _entry(file, path.relative_to(folder.parent))
    if left_out:
        named = "".join(f"{path.relative_to(folder.parent)}\n" for path in left_out)
        text = f"{LEFT_OUT_TEXT}\n\n{named}".encode("utf-8", "replace")
        header = tarfile.TarInfo(LEFT_OUT)
        header.size, header.mode = len(text), 0o600
        yield header.tobuf(tarfile.PAX_FORMAT) + text + bytes(-len(text) % tarfile.BLOCKSIZE)
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
