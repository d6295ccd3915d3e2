"""What of a project's modules a build copies, and how much at most."""

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
    """Tells `copytree` what to leave out of each folder, and ends a copy without bounds.

    Raises: ProjectError: a link leads to a folder outside of `source` or back to one it lies in, or there is
    too much to copy.
    """

    def __init__(self, source: Path) -> None:
        self._source = source
        self._files: Counter[str] = Counter()  # both by the entry of `source` that they lie in
        self._bytes: Counter[str] = Counter()

    def __call__(self, folder: str, names: Iterable[str]) -> set[str]:
        names = list(names)
        left_out = set(_LEFT_OUT(folder, names))
        for name in names:
            path = Path(folder, name)
            if not path.exists():
                left_out.add(name)  # a link to nothing
            elif name not in left_out:
                self._count(path)
        self._check_extent(self._files, FILES_LIMIT, "files and folders")
        self._check_extent(self._bytes, BYTES_LIMIT, "bytes")
        return left_out

    def _count(self, path: Path) -> None:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode) and path.is_symlink():
            self._check_link(path, path.resolve())
        top = path.relative_to(self._source).parts[0]
        self._files[top] += 1
        self._bytes[top] += status.st_size if stat.S_ISREG(status.st_mode) else 0

    def _check_extent(self, sizes: Counter[str], limit: int, unit: str) -> None:
        if sizes.total() > limit:
            ((largest, _),) = sizes.most_common(1)
            raise ProjectError(
                f"{shown(self._source)} holds more than {limit:,} {unit}, most in {largest!r}, and is copied "
                f"at every build. Move {largest!r} out of it, to beside src/, and open it by its path from there."
            )

    def _check_link(self, link: Path, target: Path) -> None:
        if link.parent.resolve().is_relative_to(target):
            raise ProjectError(f"{shown(link)} is a link to a folder that it lies in. Remove the link.")
        if not target.is_relative_to(self._source.resolve()):
            raise ProjectError(
                f"{shown(link)} is a link to {target}, outside of {shown(self._source)}, which is copied at every "
                "build. Remove the link, and open that folder by its own path."
            )
