"""Environments with the project installed, each in its own way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.studio.process import StudioProcess
from tests.studio.script import only_studio

from .environments import ROOT, Environment, build_wheel, every_distribution


@pytest.fixture(scope="package")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with all test packages except the project, which the tests install from requirements.txt."""
    environment = Environment(tmp_path_factory.mktemp("checkout"))
    environment.link(every_distribution())
    return environment


@pytest.fixture(scope="package")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The project's wheel and its requirements."""
    environment = Environment(tmp_path_factory.mktemp("dashboard"))
    environment.install(build_wheel(ROOT, tmp_path_factory.mktemp("wheel")))
    return environment


@pytest.fixture(scope="package")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The SDK's wheel and its requirements."""
    environment = Environment(tmp_path_factory.mktemp("sdk"))
    environment.install(build_wheel(ROOT / "distributions" / "sdk", tmp_path_factory.mktemp("sdk-wheel")))
    return environment


@pytest.fixture(scope="package")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    """The only Studio that scripts started with the fixture's environment variables find."""
    with only_studio(tmp_path_factory) as running:
        yield running
