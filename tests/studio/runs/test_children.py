from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from arkor_dash.studio.runs.children import child_environment
from tests.studio.process import ROOT

CHILD = "import sched, sys, arkor_dash.sdk; print(sched.__file__, *sys.path, sep='\\n')"
STUDIO = f"""
import os, subprocess, sys
from arkor_dash.studio.runs.children import child_environment
child = [sys.executable, "-c", {CHILD!r}]
sys.exit(subprocess.run(child, env=child_environment(os.environ), cwd="/", timeout=60).returncode)
"""


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Path, Path]:
    """The Python and the `site-packages` of an environment in which the package is installed."""
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True, timeout=60
    )
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (packages / "arkor_dash").symlink_to(ROOT / "arkor_dash", target_is_directory=True)
    (packages / "others.pth").write_text("\n".join(path for path in sys.path if "site-packages" in path))
    return tmp_path / "venv" / "bin" / "python", packages


def imports(python: Path, **env: str) -> list[str]:
    """The file that a child of the Studio imports `sched` from, and then the child's whole import path."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), "-c", STUDIO],
        cwd="/",
        env={**inherited, **env},
        stdout=subprocess.PIPE,
        text=True,
        timeout=100,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("inherits_packages", [True, False])
def test_a_child_imports_the_standard_library_before_installed_packages(
    installed: tuple[Path, Path], inherits_packages: bool
) -> None:
    python, packages = installed
    (packages / "sched.py").write_text("hides the standard one")
    # The dashboard's PYTHONPATH for its Studio holds the folder that it is imported from.
    file, *path = imports(python, **({"PYTHONPATH": str(packages)} if inherits_packages else {}))
    assert Path(file) == Path(os.__file__).with_name("sched.py")
    assert path.count(str(packages)) == 1
    assert path.index(str(packages)) > path.index(str(Path(os.__file__).parent))


def test_a_child_searches_the_users_own_folders_first_and_once(
    installed: tuple[Path, Path], tmp_path: Path
) -> None:
    python, packages = installed
    mine = str(tmp_path / "mine")
    _, *path = imports(python, PYTHONPATH=os.pathsep.join([mine, str(packages), mine]))
    assert path[1] == mine
    assert path.count(mine) == 1


def test_a_checkout_is_searched_once_after_the_users_own_folders() -> None:
    inherited = os.pathsep.join([str(ROOT), "/mine", str(ROOT)])
    assert child_environment({"PYTHONPATH": inherited})["PYTHONPATH"] == f"/mine{os.pathsep}{ROOT}"
