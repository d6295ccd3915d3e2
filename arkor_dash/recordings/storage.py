"""Where recordings stand: a folder of this machine, or one file in memory."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from arkor_dash.errors import RecordingError, SourceUnavailableError
from arkor_dash.protocol.files import open_regular

from .format import SUFFIXES
from .lines import FILE_LIMIT, MIB

Stamp = tuple[int, int, int]
"""What changes when a file does: its time of change in ns, its size, its inode."""


class Shelf(Protocol):
    """Recordings by name."""

    @property
    def label(self) -> str:
        """The shelf in a few words, for the header."""

    def stamps(self) -> Mapping[str, Stamp]:
        """The files, by name. Raises: SourceUnavailableError."""

    def open(self, name: str) -> BinaryIO:
        """The file from its start. Raises: RecordingError: there is none of that name, or it can't be read."""


class Folder:
    """The recordings right in a folder, by the names of their files; a name never leads out of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def label(self) -> str:
        return f"recordings · {self._path.name}"

    def stamps(self) -> Mapping[str, Stamp]:
        try:
            with os.scandir(self._path) as entries:
                files = [entry.name for entry in entries if entry.name.endswith(SUFFIXES)]
        except OSError:
            raise SourceUnavailableError(
                f"The folder of recordings, {self._path.name!r}, can't be read."
            ) from None
        found = {}
        for name in sorted(files):
            try:
                about = self._find(name).stat()
            except (OSError, RecordingError):
                continue  # gone meanwhile, or none of ours
            if stat.S_ISREG(about.st_mode):
                found[name] = (about.st_mtime_ns, about.st_size, about.st_ino)
        return found

    def open(self, name: str) -> BinaryIO:
        path = self._find(name)
        try:
            file = open_regular(path)
        except OSError:
            raise _missing(name) from None
        if os.fstat(file.fileno()).st_size > FILE_LIMIT:
            file.close()
            raise RecordingError(name, f"the file has more than {FILE_LIMIT // MIB} MiB")
        return file

    def _find(self, name: str) -> Path:
        """The file of that name, links resolved."""
        if not name.endswith(SUFFIXES) or "\0" in name or Path(name).name != name:
            raise RecordingError(
                name, f"the name of a recording ends in {' or '.join(SUFFIXES)} and has no folder"
            )
        try:
            folder = self._path.resolve(strict=True)
            path = (folder / name).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            raise _missing(name) from None
        if not path.is_relative_to(folder):
            raise _missing(name)
        return path


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that somebody has handed over."""

    name: str
    content: bytes

    @property
    def label(self) -> str:
        return f"recording · {self.name}"

    def stamps(self) -> Mapping[str, Stamp]:
        return {self.name: (0, len(self.content), 0)}

    def open(self, name: str) -> BinaryIO:
        if name != self.name:
            raise _missing(name)
        return io.BytesIO(self.content)


def _missing(name: str) -> RecordingError:
    return RecordingError(name, "there is no such recording")
