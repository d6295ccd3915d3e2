"""The environment that other programs inherit holds no secret of Streamlit's."""

from __future__ import annotations

from pathlib import Path

import pytest

from arkor_dash.settings import environment
from arkor_dash.settings.environment import keep_environment, without_secrets
from arkor_dash.settings.load import load_settings

CANARY = "canary-5f1d"


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that has set two variables."""
    monkeypatch.setattr(environment, "_started_with", {})
    monkeypatch.setenv("SET_TO_ANOTHER_VALUE", "the shell's")
    monkeypatch.setenv("SET_TO_THE_SAME_VALUE", "same")
    keep_environment()


def test_the_copies_of_the_secrets_are_left_out_and_what_the_shell_had_set_stays() -> None:
    secrets = {
        "TOKEN": CANARY,
        "PORT": 5432,
        "RATE": 0.5,
        "SET_TO_ANOTHER_VALUE": CANARY,
        "SET_TO_THE_SAME_VALUE": "same",
        "FLAG": True,
        "arkor": {"arkor_org": "ours"},
    }
    copies = {name: str(value) for name, value in secrets.items() if name not in ("FLAG", "arkor")}
    kept = without_secrets({"PATH": "/bin", "FLAG": "True", **copies}, secrets)
    assert kept == {
        "PATH": "/bin",
        "FLAG": "True",
        "SET_TO_ANOTHER_VALUE": "the shell's",
        "SET_TO_THE_SAME_VALUE": "same",
    }


def test_a_variable_that_was_changed_since_is_no_copy() -> None:
    assert without_secrets({"TOKEN": "another"}, {"TOKEN": CANARY}) == {"TOKEN": "another"}


def test_the_settings_hold_the_environment_and_show_it_in_no_repr(tmp_path: Path) -> None:
    settings = load_settings(
        {"PATH": "/bin", "TOKEN": CANARY, "OTHER": CANARY}, {"TOKEN": CANARY}, cwd=tmp_path, home=tmp_path
    )
    assert settings.environment == {"PATH": "/bin", "OTHER": CANARY}
    assert CANARY not in repr(settings)
