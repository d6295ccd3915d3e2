"""The version of the code that a run trains with, by git."""

from __future__ import annotations

import filecmp
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .commands import output_of

_VARIABLES = {
    # A repository that the shell has chosen is not that of the code.
    **dict.fromkeys(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")),
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",  # a lock could get into the way of the user's own git
    "GIT_NO_LAZY_FETCH": "1",
}
_FOUND_LATER = frozenset({"__pycache__"})


@dataclass(frozen=True, slots=True)
class CodeFolder:
    """Where the code of a run lies. `snapshot` is the copy of `folder` that is run, None if it runs there itself."""

    folder: Path
    snapshot: Path | None = None


def folder_of_script() -> CodeFolder:
    """The folder of the script that Python runs, else the working directory: in a notebook, for example."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    return CodeFolder(Path(script).resolve().parent if script else Path.cwd())


def code_version(code: CodeFolder) -> tuple[str, bool | None]:
    """The commit, and whether the code differs from it; "" and None if there is no repository.

    Files of Python that git does not know count as a difference, other new files don't: a training writes some. A
    snapshot differs if a file of it has been edited since.
    """
    commit = _git(code.folder, "rev-parse", "--verify", "HEAD")
    if not commit:
        return "", None
    changed = _git(code.folder, "status", "--porcelain", "--untracked-files=no")
    new = _git(code.folder, "ls-files", "--others", "--exclude-standard", "--", "*.py")
    if changed is None or new is None:
        return commit, None
    return commit, bool(changed or new) or (code.snapshot is not None and _was_edited(code, code.snapshot))


def _git(folder: Path, *arguments: str) -> str | None:
    # The repository's own settings may name a program as its file-system monitor.
    return output_of("git", "-c", "core.fsmonitor=false", *arguments, folder=folder, variables=_VARIABLES)


def _was_edited(code: CodeFolder, snapshot: Path) -> bool:
    return any(
        not original.is_file() or not filecmp.cmp(copy, original) for copy, original in _pairs(code, snapshot)
    )


def _pairs(code: CodeFolder, snapshot: Path) -> Iterator[tuple[Path, Path]]:
    """The files of the snapshot, each with the file that it is a copy of."""
    for copy in snapshot.rglob("*"):
        name = copy.relative_to(snapshot)
        if copy.is_file() and not _FOUND_LATER.intersection(name.parts):
            yield copy, code.folder / name
