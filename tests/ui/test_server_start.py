"""`streamlit run` alone, before any browser has opened a page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

from arkor_dash.protocol.discovery import running_studios
from tests.servers.app import App, launch, stop
from tests.studio.process import wait_until_dead
from tests.waiting import wait_until

SCRIPT = """
import arkor_dash.sdk
with arkor_dash.sdk.init(name="from a script") as run:
    run.log(1, loss=1.0)
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Settings of a dashboard whose Studio only this test's scripts can find."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return {"ARKOR_DASH_SOURCE": "embedded"}


def studio_process(app: App) -> psutil.Process:
    return next(each for each in app.children() if "arkor_dash.studio" in each.cmdline())


def test_a_script_finds_the_studio_before_any_page_was_opened(tmp_path, settings):
    app = launch(tmp_path / "app", settings)
    try:
        wait_until(running_studios, what="the Studio's start")
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        token = studio_process(app).environ()["ARKOR_STUDIO_TOKEN"]
        answer = requests.get(
            f"{running_studios()[0].url}/api/jobs", headers={"X-Arkor-Studio-Token": token}, timeout=20
        )
        listed = [(job["name"], job["status"]) for job in answer.json()["jobs"]]
        assert listed == [("from a script", "completed")]
    finally:
        stop(app)


def test_the_studio_has_ended_when_the_server_has_ended(tmp_path, settings):
    app = launch(tmp_path / "app", settings)
    wait_until(running_studios, what="the Studio's start")
    studio = studio_process(app)
    stop(app)
    assert not studio.is_running()


def test_a_server_that_ends_during_the_start_of_its_studio_leaves_no_process(tmp_path, settings):
    app = launch(tmp_path / "app", settings)
    wait_until(app.children, what="the Studio's process")
    left = app.children()
    stop(app)
    wait_until_dead(left)
