from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .process import StudioProcess


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "my project"
    folder.mkdir()
    return folder


@pytest.fixture
def launch(project: Path) -> Iterator[Callable[..., StudioProcess]]:
    """Starts Studios of the project. Each is stopped after the test."""
    started: list[StudioProcess] = []

    def start(*arguments: str, **options: Any) -> StudioProcess:
        started.append(StudioProcess(options.pop("project", project), *arguments, **options))
        return started[-1]

    yield start
    for studio in started:
        studio.close()
