from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .project_folder import Project
from .trainer_server import TrainerServer


@pytest.fixture
def server() -> Iterator[TrainerServer]:
    running = TrainerServer()
    yield running
    running.close()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
