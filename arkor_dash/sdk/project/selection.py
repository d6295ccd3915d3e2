"""Selects the files that a build copies, and limits how much it copies."""

from __future__ import annotations

import shutil
import stat
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from arkor_dash.errors import ProjectError
from arkor_dash.sdk.tracebacks import shown

FILES_LIMIT = 10_000
BYTES_LIMIT = 256 * 1024 * 1024
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".git", ".arkor", ".venv")


class Selection:
    """The `ignore` argument of `shutil.copytree` for a project's modules: leaves out caches and broken links.

    Raises: ProjectError: a link leads to a folder outside `source` or to a folder that contains it, or there is too
    much to copy.
    """

    def __init__(self, source: Path) -> None:
        self._source = source
        self._files: Counter[str] = Counter()  # both per top-level entry of `source`
        self._bytes: Counter[str] = Counter()

    def __call__(self, folder: str, names: Iterable[str]) -> set[str]:
        names = list(names)
        left_out = set(_LEFT_OUT(folder, names))
        for name in names:
            path = Path(folder, name)
            if not path.exists():
                left_out.add(name)  # a broken link
            elif name not in left_out:
                self._count(path)
        self._check_limit(self._files, FILES_LIMIT, "files and folders")
        self._check_limit(self._bytes, BYTES_LIMIT, "bytes")
        return left_out

    def _count(self, path: Path) -> None:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode) and path.is_symlink():
            self._check_link(path, path.resolve())
        top = path.relative_to(self._source).parts[0]
        self._files[top] += 1
        self._bytes[top] += status.st_size if stat.S_ISREG(status.st_mode) else 0

    def _check_limit(self, sizes: Counter[str], limit: int, unit: str) -> None:
        if sizes.total() > limit:
            ((largest, _),) = sizes.most_common(1)
            raise ProjectError(
                f"{shown(self._source)} has more than {limit:,} {unit}, most of them in {largest!r}. "
                f"It is copied at every build. Move {largest!r} out of src/, and open it by its path."
            )

    def _check_link(self, link: Path, target: Path) -> None:
        depth = len(link.relative_to(self._source).parts)
        # By the path, not the file system: a cycle of links comes back to a folder that the path has passed.
        if any(folder.resolve().is_relative_to(target) for folder in link.parents[:depth]):
            raise ProjectError(f"{shown(link)} is a link to a folder that contains it. Remove the link.")
        if not target.is_relative_to(self._source.resolve()):
            raise ProjectError(
                f"{shown(link)} is a link to {target}, which is outside {shown(self._source)}. "
                "Links are copied at every build. Remove the link, and open that folder by its own path."
            )
