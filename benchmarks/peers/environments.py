"""A virtual environment for each tool, outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import ROOT

REQUIREMENTS = ROOT / "benchmarks" / "peers-requirements.txt"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "arkor-dash-benchmarks"
INSTALL_TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Environment:
    """The environment of a package at one version, whose `folder` is kept for later measurements."""

    package: str
    version: str

    @property
    def folder(self) -> Path:
        return CACHE / f"{self.package}-{self.version}"

    def program(self, name: str) -> str:
        """The path of one of its programs."""
        return str(self.folder / "bin" / name)

    def install(self) -> None:
        """Make the environment, if it is not there.

        Raises: subprocess.SubprocessError: pip fails, or takes too long.
        """
        done = self.folder / "installed"
        if done.exists():
            return
        venv.create(self.folder, with_pip=True, clear=True)
        command = [
            self.program("python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            f"{self.package}=={self.version}",
        ]
        subprocess.run(command, check=True, timeout=INSTALL_TIMEOUT_S, stdout=sys.stderr)
        done.touch()


def environments(requirements: str) -> dict[str, Environment]:
    """The environments of a requirements file, by package. Raises: ValueError: a version is not pinned."""
    found = {}
    for line in requirements.splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        package, pin, version = text.partition("==")
        if not pin:
            raise ValueError(f"expected `package==version`, got {text!r}")
        found[package] = Environment(package, version)
    return found
