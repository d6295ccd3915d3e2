"""Streamlit's secrets reach neither the embedded Studio nor the trainings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arkor_dash.protocol.discovery import running_studios
from tests.servers.app import launch, stop
from tests.servers.client import buttons, open_stream, run_script
from tests.waiting import wait_until

TRAIN = "Run training: prints-its-environment"
PROJECT = """
import json, os, pathlib
from arkor_dash.sdk import create_arkor, create_trainer
def train(run):
    found = pathlib.Path("found.json")
    found.with_suffix(".part").write_text(json.dumps(dict(os.environ)))
    found.with_suffix(".part").rename(found)
arkor = create_arkor(trainer=create_trainer(name="prints-its-environment", train=train))
"""
SECRETS = """
TOP_LEVEL_TOKEN = "canary-5f1d"
TOP_LEVEL_NUMBER = 515151
SET_TO_ANOTHER_VALUE = "canary-5f1d"
SET_TO_THE_SAME_VALUE = "same"
"""


@pytest.mark.parametrize("flag", ["--server.xsrfCookieSameSite=lax", "--server.xsrfCookieSameSite=none"])
def test_top_level_secrets_reach_neither_the_studio_nor_a_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    project, secrets = tmp_path / "project", tmp_path / "secrets.toml"
    (project / "src" / "arkor").mkdir(parents=True)
    (project / "src" / "arkor" / "index.py").write_text(PROJECT)
    secrets.write_text(SECRETS)
    settings = {"ARKOR_DASH_SOURCE": "embedded", "ARKOR_PROJECT_DIR": str(project)}
    settings |= {"SET_TO_ANOTHER_VALUE": "the shell's", "SET_TO_THE_SAME_VALUE": "same"}
    app = launch(tmp_path / "app", settings, f"--secrets.files={secrets}", flag)
    try:
        wait_until(running_studios, what="the Studio's start")
        studio = next(each for each in app.children() if "arkor_dash.studio" in each.cmdline())
        with open_stream(app) as stream:
            shown: dict[str, str] = {}

            def button_is_shown() -> bool:
                shown.update(buttons(run_script(stream)))
                return TRAIN in shown

            wait_until(button_is_shown, what="the button")
            run_script(stream, shown[TRAIN])
            wait_until(lambda: list(tmp_path.rglob("found.json")), what="the training's report")
        (found,) = tmp_path.rglob("found.json")
        for environment in (studio.environ(), json.loads(found.read_text())):
            assert environment["SET_TO_ANOTHER_VALUE"] == "the shell's"
            assert environment["SET_TO_THE_SAME_VALUE"] == "same"
            assert not {"TOP_LEVEL_TOKEN", "TOP_LEVEL_NUMBER"} & environment.keys()
    finally:
        stop(app)
