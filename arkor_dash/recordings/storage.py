"""Recording storage: a folder on this machine, or one uploaded file in memory."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from arkor_dash.errors import RecordingError, SourceUnavailableError
from arkor_dash.protocol.fields import replace_surrogates
from arkor_dash.protocol.files import open_regular

from .format import SUFFIXES
from .lines import FILE_LIMIT, MIB

FileVersion = tuple[int, int, int]
"""Changes when a file does: its modification time in ns, its size in bytes, its inode."""


class Storage(Protocol):
    """A store of recordings, each under the name of its file."""

    @property
    def label(self) -> str:
        """The storage in a few words, for the page header."""

    def versions(self) -> Mapping[str, FileVersion]:
        """The version of each file, by name. Raises: SourceUnavailableError."""

    def open(self, name: str) -> BinaryIO:
        """The file, opened at its start. Raises: RecordingError: it does not exist or can't be read."""


class Folder:
    """The recordings directly in a folder. A name, or a symbolic link, never leads out of the folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def label(self) -> str:
        return f"recordings · {replace_surrogates(self._path.name)}"

    def versions(self) -> Mapping[str, FileVersion]:
        try:
            with os.scandir(self._path) as entries:
                names = [entry.name for entry in entries if entry.name.endswith(SUFFIXES)]
        except OSError:
            raise SourceUnavailableError(
                f"The folder of recordings, {self._path.name!r}, can't be read."
            ) from None
        found = {}
        for name in sorted(names):
            try:
                status = self._find(name).stat()
            except (OSError, RecordingError):
                continue  # deleted just now, or a link out of the folder
            if stat.S_ISREG(status.st_mode):
                found[name] = (status.st_mtime_ns, status.st_size, status.st_ino)
        return found

    def open(self, name: str) -> BinaryIO:
        if replace_surrogates(name) != name:  # no page and no address can hold such a name
            raise RecordingError(replace_surrogates(name), "the name of a recording should be UTF-8 text")
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
        """The path of the file, with links resolved. Raises: RecordingError."""
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
    """One file that a viewer has uploaded."""

    name: str
    content: bytes

    @property
    def label(self) -> str:
        return f"recording · {replace_surrogates(self.name)}"

    def versions(self) -> Mapping[str, FileVersion]:
        return {self.name: (0, len(self.content), 0)}

    def open(self, name: str) -> BinaryIO:
        if name != self.name:
            raise _missing(name)
        return io.BytesIO(self.content)


def _missing(name: str) -> RecordingError:
    return RecordingError(name, "there is no such recording")
