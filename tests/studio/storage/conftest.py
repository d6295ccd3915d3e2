"""A store of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "studio.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(sqlite_url(path)) as opened:
        yield opened
