"""PYTHONPATH for a child process that imports this package."""

from __future__ import annotations

import os
import site
from pathlib import Path

_PACKAGES = Path(__file__).parents[2]
"""The folder that `arkor_dash` is imported from: a checkout, or `site-packages`."""


def python_path(inherited: str) -> str:
    """The user's PYTHONPATH, followed by the folder of `arkor_dash` if Python does not search it anyway.

    PYTHONPATH is searched before the standard library. With `site-packages` in it, a package there could hide
    a module of the standard library.
    """
    packages = _PACKAGES.resolve()
    paths = [path for path in inherited.split(os.pathsep) if path and Path(path).resolve() != packages]
    if packages not in _searched_by_default():
        paths.append(str(_PACKAGES))
    return os.pathsep.join(dict.fromkeys(paths))


def _searched_by_default() -> set[Path]:
    """The folders of installed packages, which Python searches after the standard library."""
    folders = [*site.getsitepackages(), site.getusersitepackages()]
    return {Path(folder).resolve() for folder in folders}
