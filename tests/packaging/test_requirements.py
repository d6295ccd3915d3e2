"""The files that list the project's requirements agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .environments import ROOT, Environment
from .processes import run

pytestmark = pytest.mark.timeout(900)  # environments are made, and servers started, on a busy machine

REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "requirements-transformers.txt")


def lines(name: str) -> list[str]:
    """The lines of a requirements file, without comments and options such as `-e .`."""
    found = (line.partition("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines())
    return [line for line in found if line and not line.startswith("-")]


def declared(path: Path) -> list[str]:
    return tomllib.loads(path.read_text("utf-8"))["project"]["dependencies"]


def test_requirements_txt_names_what_the_wheel_requires() -> None:
    assert sorted(lines("requirements.txt")) == sorted(declared(ROOT / "pyproject.toml"))


def test_the_sdk_requires_a_part_of_what_the_dashboard_requires() -> None:
    assert set(declared(ROOT / "distributions" / "sdk" / "pyproject.toml")) < set(lines("requirements.txt"))


def test_the_constraints_fix_every_requirement_within_its_range() -> None:
    fixed: dict[str, list[Requirement]] = {}
    for line in lines("constraints.txt"):
        requirement = Requirement(line)
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), line
        fixed.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    for requirement in map(Requirement, (line for name in REQUIREMENTS for line in lines(name))):
        versions = [each.specifier for each in fixed[canonicalize_name(requirement.name)]]
        assert versions, requirement
        for specifier in versions:
            (version,) = (part.version for part in specifier)
            assert requirement.specifier.contains(version, prereleases=True), f"{requirement}: {version}"


def test_the_constraints_name_no_index_and_no_folder() -> None:
    assert "//" not in (ROOT / "constraints.txt").read_text("utf-8")


def test_the_first_command_makes_the_examples_run_from_any_folder(
    checkout: Environment, studio, tmp_path: Path
) -> None:
    checkout.pip("install", "-r", "requirements.txt", "--no-index", "--no-build-isolation")
    run([str(checkout.python), str(ROOT / "examples" / "any_script.py"), "--steps", "20"], tmp_path)
    job = studio.get("/api/jobs").json()["jobs"][0]
    assert (job["name"], job["status"]) == ("fit a line", "completed")
    assert (tmp_path / "line.txt").exists()
