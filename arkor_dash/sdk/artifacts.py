"""Copies of checkpoints and artifacts in the run's own folder."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from .console import warn
from .permissions import make_private

CHECKPOINT, ARTIFACT = "checkpoint", "artifact"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file or a folder that a run has saved.

    `name` is its place below the run's `artifacts/` (its own name where there is no such folder),
    `path` is where it lies, `size_bytes` counts all files of a folder.
    """

    kind: str
    name: str
    size_bytes: int
    path: Path

    def payload(self) -> dict[str, object]:
        """As events carry it."""
        folder = {"isFolder": True} if self.path.is_dir() else {}
        return {"kind": self.kind, "name": self.name, "sizeBytes": self.size_bytes, **folder}


class ArtifactFolder:
    """Takes copies into `root`; with no root, what is saved stays where it is.

    Saving the same path again under the same name replaces the copy. Another path of that name gets a
    name of its own (`model-2.npz`), so that nothing saved is ever overwritten by something else.
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root.absolute() if root is not None else None
        self._sources: dict[str, Path] = {}
        self._lock = threading.Lock()

    def save(
        self, kind: str, path: str | os.PathLike[str], *, folder: str = "", limit: int | None = None
    ) -> Artifact:
        """Copy the file or folder at `path`, symbolic links followed, to `<root>/<folder>/<its name>`.

        What holds more than `limit` bytes stays where it is, and is recorded there.
        A copy that fails (the disk is full) does not end the training: stderr says so, and the artifact is
        recorded where it lies.
        Raises: FileNotFoundError: there is nothing at `path`. ValueError: `path` holds the run's folder.
        """
        source = Path(path).resolve()
        if not source.exists():
            raise FileNotFoundError(f"nothing to save at {source}: write the file first, then save it")
        size = _size_bytes(source)
        if self._root is None or (limit is not None and size > limit):
            return Artifact(kind, _printable(source.name), size, source)
        if self._root.resolve().is_relative_to(source):
            raise ValueError(f"{source} holds the run's own folder {self._root}; save a part of it")
        with self._lock:
            name = self._claim(source, "/".join(filter(None, (folder, _printable(source.name)))))
            try:
                _copy(source, self._root / name)
            except (OSError, shutil.Error) as error:
                warn(f"{source} could not be copied to {self._root / name} ({error}). It stays where it is.")
                return Artifact(kind, name, size, source)
            return Artifact(kind, name, size, self._root / name)

    def _claim(self, source: Path, wished: str) -> str:
        name, taken = wished, 1
        while self._sources.setdefault(name, source) != source:
            taken += 1
            path = Path(wished)
            name = path.with_name(f"{path.stem}-{taken}{path.suffix}").as_posix()
        return name


def _copy(source: Path, target: Path) -> None:
    """Through a temporary name, so that `target` is never half there."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=target.parent) as room:
        fresh, stale = Path(room) / "fresh", Path(room) / "stale"
        if source.is_dir():
            shutil.copytree(source, fresh, symlinks=False)
        else:
            shutil.copyfile(source, fresh)
        make_private(fresh)
        if target.is_dir():
            target.rename(stale)
        fresh.replace(target)


def _size_bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _printable(name: str) -> str:
    """One path segment that any file system, log and page can show."""
    shown = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in name)
    return shown or "root"
