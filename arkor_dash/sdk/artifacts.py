"""Copies of checkpoints and artifacts in the run's folder."""

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
    """A file or folder that a run has saved.

    `kind` is `CHECKPOINT` or `ARTIFACT`. `name` is the path below the run's `artifacts/`, or the name of the file
    outside a Studio. `path` is the absolute path of the copy, or of the original if it was not copied. `size_bytes`
    is the total size of the files.
    """

    kind: str
    name: str
    size_bytes: int
    path: Path

    def payload(self) -> dict[str, object]:
        """The artifact as JSON, for an event."""
        folder = {"isFolder": True} if self.path.is_dir() else {}
        return {"kind": self.kind, "name": self.name, "sizeBytes": self.size_bytes, **folder}


class ArtifactFolder:
    """Copies artifacts into `root`. Without a root nothing is copied.

    Saving the same path again replaces the copy. Another path with the same name gets a new name (`model-2.npz`), so
    that no artifact overwrites another. Thread-safe.
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root.absolute() if root is not None else None
        self._sources: dict[str, Path] = {}
        self._lock = threading.Lock()

    def save(
        self, kind: str, path: str | os.PathLike[str], *, folder: str = "", limit: int | None = None
    ) -> Artifact:
        """Copy the file or folder at `path`, symbolic links followed, to `<root>/<folder>/<its name>`.

        A file or folder of more than `limit` bytes is not copied; the artifact then has the original's path. The
        same holds if copying fails, as on a full disk: a warning is printed, and the training continues.
        Raises: FileNotFoundError: nothing exists at `path`. ValueError: `path` contains the run's folder.
        """
        source = Path(path).resolve()
        if not source.exists():
            raise FileNotFoundError(f"nothing exists at {source}: write the file first, then save it")
        size = _size_bytes(source)
        if self._root is None or (limit is not None and size > limit):
            return Artifact(kind, _printable(source.name), size, source)
        if self._root.resolve().is_relative_to(source):
            raise ValueError(f"{source} contains the run's own folder {self._root}; save a part of it")
        with self._lock:
            name = self._unused_name(source, "/".join(filter(None, (folder, _printable(source.name)))))
            try:
                _copy(source, self._root / name)
            except (OSError, shutil.Error) as error:
                warn(
                    f"{source} could not be copied to {self._root / name} ({error}). The original is listed."
                )
                return Artifact(kind, name, size, source)
            return Artifact(kind, name, size, self._root / name)

    def _unused_name(self, source: Path, wanted: str) -> str:
        name, taken = wanted, 1
        while self._sources.setdefault(name, source) != source:
            taken += 1
            path = Path(wanted)
            name = path.with_name(f"{path.stem}-{taken}{path.suffix}").as_posix()
        return name


def _copy(source: Path, target: Path) -> None:
    """Copy to a temporary name first, so that `target` is never incomplete."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=target.parent) as temporary:
        new, old = Path(temporary) / "new", Path(temporary) / "old"
        if source.is_dir():
            shutil.copytree(source, new, symlinks=False)
        else:
            shutil.copyfile(source, new)
        make_private(new)
        if target.is_dir():
            target.rename(old)
        new.replace(target)


def _size_bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _printable(name: str) -> str:
    """The name with `_` for characters that some file systems forbid or that can't be shown."""
    shown = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in name)
    return shown or "root"
