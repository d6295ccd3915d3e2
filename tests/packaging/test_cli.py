from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

import arkor_dash
from arkor_dash import cli

from .environments import ROOT


def test_a_checkout_opens_the_app_at_its_top_level() -> None:
    assert cli.app_script() == ROOT / "streamlit_app.py"


def test_an_unknown_command_is_refused_and_not_given_to_streamlit(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["biuld"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("arkor-dash: there is no command 'biuld'\n\nusage: arkor-dash")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_command(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([option]) == 0
    out = capsys.readouterr().out
    assert all(command in out for command in ("build", "start", "manifest", "studio"))


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"arkor-dash {arkor_dash.__version__}\n"


def test_without_streamlit_the_dashboard_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert cli.main([]) == 1
    assert "pip install arkor-dash" in capsys.readouterr().err


def test_the_command_imports_nothing_but_what_it_runs() -> None:
    code = (
        "import sys, arkor_dash.cli\n"
        "arkor_dash.cli.main(['--version'])\n"
        "sys.exit(any(name.partition('.')[0] in ('streamlit', 'pandas', 'numpy', 'requests') or "
        "name.startswith(('arkor_dash.sdk', 'arkor_dash.studio', 'arkor_dash.ui')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=60).returncode == 0
