"""The settings of compared jobs."""

from __future__ import annotations

from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.compare.compared import SETTINGS_LIMIT, settings_of


def test_settings_have_dotted_names_and_addresses_without_secret_parts() -> None:
    config = {"data": {"url": "https://key:one@host/x?sig=one#one"}, "lr": 1e-5, "a\ud800": "\udfff"}
    assert settings_of(Job("job_1", "one", "running", config=config)) == {
        "data.url": "https://…@host/x?…",
        "lr": "1e-05",
        "a?": "?",
    }


def test_a_config_of_any_size_gives_a_bounded_number_of_settings() -> None:
    config = {"x" * 10_000: 1, "wide": {str(number): number for number in range(5_000)}}
    settings = settings_of(Job("job_1", "one", "running", config=config))
    assert len(settings) == SETTINGS_LIMIT
    assert max(map(len, settings)) <= 201
