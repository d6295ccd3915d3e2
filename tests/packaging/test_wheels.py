"""The contents of the two wheels, used as a user would."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import requests

import arkor_dash
from tests.notices import without_wait
from tests.studio.process import StudioProcess

from .environments import ROOT, Environment
from .processes import run, running_dashboard, running_studio

pytestmark = pytest.mark.timeout(900)  # environments are made, and servers started, on a busy machine

SCRIPT = """
from arkor_dash.sdk import init
with init(name="from the wheel") as run:
    run.log(1, loss=1.0)
"""
FOUND = "import importlib.util, sys; sys.exit(any(map(importlib.util.find_spec, sys.argv[1:])))"


def test_the_dashboard_opens_from_its_wheel_in_an_empty_folder(
    dashboard: Environment, tmp_path: Path
) -> None:
    empty, state = tmp_path / "empty", tmp_path / "state"
    empty.mkdir()
    state.mkdir()
    with running_dashboard([str(dashboard.bin / "arkor-dash")], empty, state) as url:
        (plotly,) = (ROOT / "static").iterdir()
        served = requests.get(f"{url}/app/static/{plotly.name}", timeout=30)
        assert served.ok
        assert served.content == plotly.read_bytes()
        page = requests.get(f"{url}/job", timeout=30)
        assert page.ok
        assert page.headers["Content-Type"].startswith("text/html")
    assert list(empty.iterdir()) == []


def test_the_wheel_carries_the_apps_settings(dashboard: Environment, tmp_path: Path) -> None:
    code = (
        "import arkor_dash.cli as cli, streamlit.config as config\n"
        "config._main_script_path = str(cli.app_script())\n"
        "print(config.get_option('theme.light.primaryColor'), config.get_option('server.enableStaticServing'),"
        "config.get_option('client.showErrorDetails'))"
    )
    written = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    done = run([str(dashboard.python), "-c", code], tmp_path, HOME=str(tmp_path))
    assert done.stdout.split() == [written["theme"]["light"]["primaryColor"], "True", "none"]


def test_the_console_script_runs_the_commands_of_a_project(dashboard: Environment, tmp_path: Path) -> None:
    entry = tmp_path / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(
        "from arkor_dash.sdk import create_arkor, create_trainer\n"
        "arkor = create_arkor(trainer=create_trainer(name='tiny', train=lambda run: run.log(1, loss=1)))\n"
    )
    script = str(dashboard.bin / "arkor-dash")
    assert run([script, "build"], tmp_path).stdout.startswith("Built ")
    assert "step=1 loss=1" in run([script, "start"], tmp_path).stdout
    assert json.loads(run([script, "manifest"], tmp_path).stdout) == {"trainer": {"name": "tiny"}}
    assert "--state-dir" in run([script, "studio", "--help"], tmp_path).stdout


def test_the_sdk_alone_reports_from_a_machine_without_the_dashboards_packages(
    sdk: Environment, studio: StudioProcess, tmp_path: Path
) -> None:
    heavy = ("streamlit", "scipy", "pandas", "plotly", "starlette", "sqlalchemy", "numpy")
    run([str(sdk.python), "-c", FOUND, *heavy, "arkor_dash.ui", "arkor_dash.studio"], tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT)
    done = run([str(sdk.python), "script.py"], tmp_path)
    assert without_wait(done.stderr) == ""
    job = studio.get("/api/jobs").json()["jobs"][0]
    assert (job["name"], job["status"]) == ("from the wheel", "completed")


def test_every_module_of_the_sdk_can_be_imported_from_its_wheel(sdk: Environment, tmp_path: Path) -> None:
    code = (
        "import importlib, pkgutil, arkor_dash\n"
        "for module in pkgutil.walk_packages(arkor_dash.__path__, 'arkor_dash.'):\n"
        "    if not module.name.endswith('.transformers'):\n"
        "        importlib.import_module(module.name)\n"
        "        print(module.name)"
    )
    names = run([str(sdk.python), "-c", code], tmp_path).stdout.split()
    assert {"arkor_dash.errors", "arkor_dash.protocol.events", "arkor_dash.sdk.script"} < set(names)


def test_both_wheels_have_the_packages_version(
    dashboard: Environment, sdk: Environment, tmp_path: Path
) -> None:
    for environment, name in ((dashboard, "arkor-dash"), (sdk, "arkor-dash-sdk")):
        code = f"import importlib.metadata; print(importlib.metadata.version({name!r}))"
        assert run([str(environment.python), "-c", code], tmp_path).stdout.strip() == arkor_dash.__version__


def test_the_sample_trains_in_a_studio_from_the_wheel(dashboard: Environment, tmp_path: Path) -> None:
    code = "from arkor_dash.settings.load import SAMPLE_PROJECT; print(SAMPLE_PROJECT)"
    sample = run([str(dashboard.python), "-c", code], tmp_path).stdout.strip()
    with running_studio(
        [str(dashboard.bin / "arkor-dash"), "studio", "--project", sample], tmp_path
    ) as train:
        answer = train()
    assert answer.rstrip().endswith("exit=0"), answer
    assert "status=completed" in answer
