"""Files that are for their owner alone."""

from __future__ import annotations

from pathlib import Path


def make_private(root: Path) -> None:
    """Give a fresh copy to its owner alone: folders 0700, files 0600, or 0700 where they can be run.

    A read-only folder is copied as one that could never be removed. The copy holds no links.
    """
    for path in (root, *(root.rglob("*") if root.is_dir() else ())):
        path.chmod(0o700 if path.is_dir() else 0o600 | path.stat().st_mode & 0o100)
