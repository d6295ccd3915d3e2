"""Virtual environments made offline: packages of the test environment as links, and a wheel installed by pip."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
OWN = "arkor-dash"
OFFLINE = ("--no-index", "--no-build-isolation", "--disable-pip-version-check")
PIP_TIMEOUT_S = 120.0


class Environment:
    """A virtual environment in `folder` that holds only the distributions it is given."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.bin = folder / "bin"
        self.python = self.bin / "python"
        (self._packages,) = folder.glob("lib/python*/site-packages")

    def link(self, names: Iterable[str]) -> None:
        """Make these distributions of the test environment importable here."""
        for name in names:
            found = distribution(name)
            for top in {file.parts[0] for file in found.files or () if file.parts[0] != ".."}:
                link = self._packages / top
                if not link.exists():
                    link.symlink_to(Path(str(found.locate_file(top))))

    def pip(self, *arguments: str, cwd: Path = ROOT) -> None:
        """Run the test environment's pip on this one."""
        command = [sys.executable, "-m", "pip", "--python", str(self.python), *arguments]
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, check=False, timeout=PIP_TIMEOUT_S
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def install(self, wheel: Path) -> None:
        """Install a wheel, and link only its requirements."""
        self.pip("install", "--no-deps", *OFFLINE, str(wheel))
        (installed,) = (
            each for each in distributions(path=[str(self._packages)]) if each.name.startswith(OWN)
        )
        self.link(required_by(installed))


def build_wheel(source: Path, folder: Path) -> Path:
    """The wheel that `pip install SOURCE` would install."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", *OFFLINE, "-w", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PIP_TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def every_distribution() -> set[str]:
    """The distributions of the test environment, without this project."""
    return {canonicalize_name(each.name) for each in distributions()} - {OWN, f"{OWN}-sdk"}


def required_by(root: Distribution) -> set[str]:
    """The names of a distribution's direct and indirect requirements on this machine."""
    seen: set[tuple[str, str]] = set()
    pending = [(root, "")]
    while pending:
        found, extra = pending.pop()
        for text in found.requires or ():
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            for wanted in {"", *requirement.extras}:
                key = (canonicalize_name(requirement.name), wanted)
                if key not in seen:
                    seen.add(key)
                    pending.append((distribution(requirement.name), wanted))
    return {name for name, _ in seen}
