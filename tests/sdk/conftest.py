from __future__ import annotations

from collections.abc import Iterator

import pytest

from .trainer_server import TrainerServer


@pytest.fixture
def server() -> Iterator[TrainerServer]:
    running = TrainerServer()
    yield running
    running.close()
