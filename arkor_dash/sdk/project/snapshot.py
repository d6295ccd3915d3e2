"""Snapshots of a project's modules: `build` makes them, `start` runs them.

    <build>/current.json          names the current snapshot; replaced in one step
    <build>/snapshot-…/           a copy of src/arkor/, which never changes once it is complete

A process that uses a snapshot holds a shared lock on its folder. A build removes the other snapshots that are not
locked.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arkor_dash.errors import ProjectError
from arkor_dash.protocol.files import write_private
from arkor_dash.sdk.permissions import make_private
from arkor_dash.sdk.tracebacks import describe_syntax, shown

from .folder_lock import FolderLock
from .selection import Selection

DEFAULT_ENTRY = Path("src/arkor/index.py")
_POINTER = "current.json"
_PREFIX = "snapshot-"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of a project's modules. `folder` is the copy of `source`, and `entry` the file name to import."""

    folder: Path
    source: Path
    entry: str


def build_dir() -> Path:
    """`$ARKOR_BUILD_DIR`, else `.arkor/build` of the working directory."""
    return Path(os.environ.get("ARKOR_BUILD_DIR") or Path(".arkor", "build")).absolute()


def find_entry(entry: str | None) -> Path:
    """The file to build. Raises: ProjectError: it does not exist."""
    path = (Path(entry) if entry else DEFAULT_ENTRY).absolute()
    if not path.is_file():
        raise ProjectError(
            f"Build entry not found: {path}. Create {DEFAULT_ENTRY} or pass an explicit entry argument."
        )
    return path


@contextlib.contextmanager
def built(entry: Path, target: Path) -> Iterator[Snapshot]:
    """Take a snapshot, make it the current one of `target`, and lock it for the `with` block.

    All of `src/arkor/` is copied, as `Selection` allows, and symbolic links are followed. For an entry in any other
    folder, only the Python files of that folder are copied.
    Raises: ProjectError: the entry does not parse, or can't be copied. The message says why.
    """
    _check_syntax(entry)
    if _is_copied_whole(entry) and target.is_relative_to(entry.parent):
        raise ProjectError(
            f"The build folder {target} is inside {entry.parent}, which a build copies. "
            "Choose another ARKOR_BUILD_DIR."
        )
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=target))
        lock = FolderLock(folder)
    except OSError as error:
        raise ProjectError(
            f"Can't write the build to {target} ({error}). Set ARKOR_BUILD_DIR to a writable folder."
        ) from error
    with lock:
        try:
            _copy(entry, folder)
            _make_current(target, Snapshot(folder, entry.parent, entry.name))
            _remove_unused(target)
        except (OSError, shutil.Error) as error:
            raise ProjectError(f"Can't copy {entry.parent} to {target}: {error}") from error
        yield Snapshot(folder, entry.parent, entry.name)


@contextlib.contextmanager
def current(target: Path) -> Iterator[Snapshot | None]:
    """The current snapshot of `target`, locked for the `with` block, or None."""
    while (snapshot := _read_current(target)) is not None:
        try:
            lock = FolderLock(snapshot.folder)
        except OSError:
            if _read_current(target) == snapshot:
                break  # the snapshot's folder is missing
            continue  # a build has just replaced the snapshot
        with lock:
            if (snapshot.folder / snapshot.entry).is_file():
                yield snapshot
                return
        if _read_current(target) == snapshot:
            break
    yield None


def _check_syntax(entry: Path) -> None:
    try:
        compile(entry.read_bytes(), str(entry), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise ProjectError(describe_syntax(error, shown(entry))) from error
    except ValueError as error:
        raise ProjectError(f"{shown(entry)}:1: {error}") from error
    except OSError as error:
        raise ProjectError(f"Can't read {entry}: {error}") from error


def _is_copied_whole(entry: Path) -> bool:
    return entry.parent == DEFAULT_ENTRY.parent.absolute()


def _copy(entry: Path, folder: Path) -> None:
    if _is_copied_whole(entry):
        shutil.copytree(entry.parent, folder, ignore=Selection(entry.parent), dirs_exist_ok=True)
    else:
        for module in entry.parent.glob("*.py"):
            if module.is_file():
                shutil.copyfile(module, folder / module.name)
        shutil.copyfile(entry, folder / entry.name)
    make_private(folder)


def _make_current(target: Path, snapshot: Snapshot) -> None:
    pointer = {"snapshot": snapshot.folder.name, "source": str(snapshot.source), "entry": snapshot.entry}
    write_private(target / _POINTER, json.dumps(pointer))


def _read_current(target: Path) -> Snapshot | None:
    try:
        pointer = json.loads((target / _POINTER).read_text("utf-8"))
        name, source, entry = str(pointer["snapshot"]), str(pointer["source"]), str(pointer["entry"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not name.startswith(_PREFIX) or Path(name).name != name or Path(entry).name != entry:
        return None
    return Snapshot(target / name, Path(source), entry)


def _remove_unused(target: Path) -> None:
    for folder in target.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), FolderLock(folder, exclusive=True):
            named = _read_current(target)
            if named is None or named.folder != folder:
                shutil.rmtree(folder, ignore_errors=True)
