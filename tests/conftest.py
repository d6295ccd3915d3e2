from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Tests may be slow on a busy machine.
settings.register_profile("arkor-dash", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("arkor-dash")

pytest.register_assert_rewrite(
    "tests.studio.storage.store_contract", "tests.studio.storage.archive_contract", "tests.studio.process"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files whose tests may take longest: one that began last would run alone."""
    allowed_s: dict[Path, float] = {}
    for item in items:
        timeout = item.get_closest_marker("timeout")
        allowed_s[item.path] = max(allowed_s.get(item.path, 0), timeout.args[0] if timeout else 0)
    items.sort(key=lambda item: allowed_s[item.path], reverse=True)


@pytest.fixture(scope="session", autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests' Studios out of the user's data folder, where the user's scripts would find them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setenv("ARKOR_RECORD", "none")  # only the tests of the recorder expect its events
        yield
