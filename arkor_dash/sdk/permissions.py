"""File permissions: files that only their owner can read."""

from __future__ import annotations

from pathlib import Path


def make_private(root: Path) -> None:
    """Give a new copy to its owner only: folders and executable files get 0700, other files 0600.

    This also makes a copy of a read-only folder writable, so that it can be removed. `root` must not contain links.
    """
    for path in (root, *(root.rglob("*") if root.is_dir() else ())):
        path.chmod(0o700 if path.is_dir() else 0o600 | path.stat().st_mode & 0o100)
